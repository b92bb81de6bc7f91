"""The operating system account that runs Postgres. PostgreSQL refuses to run as root.

An ordinary user runs Postgres as itself. Root runs it as the owner of the data directory or of the cluster, as
`postgres` or as `nobody`: as the first of these that proves able to read the programs and to reach the cluster. When
none is able to, because only root may enter a parent directory, root runs Postgres in a user namespace (Linux). Nothing
outside the data directory changes its owner or its permissions.
"""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local_postgres import namespace
from local_postgres.errors import LocalPostgresError, failure_reason
from local_postgres.layout import Layout

type StrPath = str | Path

PROBE = """
cd -P -- "$1" || { echo "error: it cannot enter $1"; exit 1; }
for file in bin/postgres bin/initdb share/postgres.bki lib/plpgsql.so; do
    [ -r "$2/$file" ] || [ -r "$2/${file%.so}.dylib" ] || { echo "error: it cannot read $2/$file"; exit 1; }
done
exec "$2/bin/postgres" --version
"""
NAMESPACE_USERS = ("postgres", "daemon", "bin", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that may run Postgres; `uid` and `gid` own the cluster's files, as seen from this process."""

    name: str
    uid: int
    gid: int
    switch_user: bool = False
    prefix: tuple[str, ...] = ()

    def spawn(
        self,
        argv: Sequence[StrPath],
        *,
        output: int = subprocess.PIPE,
        stdin: int = subprocess.DEVNULL,
        cwd: Path = Path("/"),
        inherit: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a PostgreSQL program in a session of its own, so that Ctrl-C in a terminal does not reach it.

        The program inherits nothing of our environment, which may hold secrets, and only the descriptor `inherit`, a
        lock.
        """
        return subprocess.Popen(  # noqa: S603
            [*self.prefix, *argv],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=cwd,
            start_new_session=True,
            pass_fds=() if inherit is None else (inherit,),
            user=self.uid if self.switch_user else None,
            group=self.gid if self.switch_user else None,
            extra_groups=[] if self.switch_user else None,
        )

    def run(
        self,
        argv: Sequence[StrPath],
        *,
        stdin: str = "",
        cwd: Path = Path("/"),
        inherit: int | None = None,
    ) -> tuple[int, str]:
        """Run a program and return its exit code and output; kill it when this call is interrupted."""
        with self.spawn(argv, stdin=subprocess.PIPE, cwd=cwd, inherit=inherit) as process:
            try:
                output, _ = process.communicate(stdin.encode())
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        return process.returncode, output.decode("utf-8", "replace")

    def take_ownership(self, directory: Path) -> None:
        """Make this account the owner of a directory and its content; the directory last: its owner is checked."""
        if os.geteuid() != 0 or directory.stat().st_uid == self.uid:
            return
        for _, folders, files, fd in os.fwalk(directory):
            for name in (*folders, *files):
                os.chown(name, self.uid, self.gid, dir_fd=fd, follow_symlinks=False)
        os.chown(directory, self.uid, self.gid)

    def probe(self, programs: Path, directory: Path) -> tuple[int, str]:
        """Try to enter the directory and to run Postgres; return (0, version), or an exit code and the reason."""
        try:
            code, output = self.run(["/bin/sh", "-c", PROBE, "sh", directory, programs])
        except OSError as error:
            return 1, error.strerror or str(error)
        return (0, output.split()[-1]) if code == 0 else (code, failure_reason(output, code))


def choose_account(layout: Layout, programs: Path) -> tuple[Account, str]:
    """Return the account that can run Postgres, and the version of Postgres, such as 18.6."""
    failures = []
    for account in candidate_accounts(layout):
        code, answer = account.probe(programs, layout.data)
        if code == 0:
            return account, answer
        failures.append(f"as {account.name}: {answer}")
    application = layout.application
    advice = (
        f"run {application.title} as an ordinary user, choose another {application.data_setting}, "
        f"or set {application.url_setting}"
    )
    if os.geteuid() == 0:
        raise LocalPostgresError(
            f"PostgreSQL refuses to run as root, and no other way works here; {advice}. ({'; '.join(failures)})"
        )
    raise LocalPostgresError(f"The local PostgreSQL cannot be run here; {advice}. ({'; '.join(failures)})")


def candidate_accounts(layout: Layout) -> Iterator[Account]:
    """Yield the accounts that might be able to run Postgres here, the preferred first."""
    uid = os.geteuid()
    if uid != 0:
        # initdb looks up the name of the user, which an arbitrary user ID in a container does not have.
        if not user_by_id(uid) and not layout.has_cluster:
            yield from namespace_accounts(uid)
        yield Account(f"user {uid}", uid, os.getegid())
        return
    owners = [path.stat().st_uid for path in (layout.data, layout.cluster) if path.is_dir()]
    ordinary = [user_by_id(owner) for owner in owners if owner != 0] + [
        user_by_name("postgres"),
        user_by_name("nobody"),
    ]
    for entry in dict.fromkeys(entry for entry in ordinary if entry):
        yield Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch_user=True)
    yield from namespace_accounts(uid)


def namespace_accounts(uid: int) -> Iterator[Account]:
    """Yield the caller itself as another user in a user namespace, if the system has such a user."""
    inside = next((entry for name in NAMESPACE_USERS if (entry := user_by_name(name)) and entry.pw_uid != 0), None)
    if sys.platform == "linux" and inside and sys.executable:
        script = (sys.executable, "-I", "-S", namespace.__file__, str(inside.pw_uid), str(inside.pw_gid))
        yield Account(f"{inside.pw_name} in a user namespace", uid, os.getegid(), prefix=script)


def user_by_id(uid: int) -> pwd.struct_passwd | None:
    """Return the system's entry for a user ID, or None."""
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def user_by_name(name: str) -> pwd.struct_passwd | None:
    """Return the system's entry for a user name, or None."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def environment() -> dict[str, str]:
    """Return the environment of Postgres programs: English messages, and the search paths of programs and libraries."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
