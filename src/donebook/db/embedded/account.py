"""Whom Postgres runs as. PostgreSQL refuses root, so root has to become somebody else.

An ordinary user runs it as itself. Root runs it as the owner of the data directory or of the cluster, as `postgres`
or as `nobody`: the first that can read the programs and reach the cluster, which is tried, not guessed. When none can,
because a directory on the way is root's alone, root runs it in a user namespace (Linux). Nothing outside the data
directory changes its owner or its permissions.
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

from donebook.db.embedded import namespace
from donebook.db.embedded.errors import EmbeddedError, complaint
from donebook.db.embedded.layout import Layout

type StrPath = str | Path

TRIAL = """
cd -P -- "$1" || { echo "error: it cannot enter $1"; exit 1; }
for file in bin/postgres bin/initdb share/postgres.bki lib/plpgsql.so; do
    [ -r "$2/$file" ] || [ -r "$2/${file%.so}.dylib" ] || { echo "error: it cannot read $2/$file"; exit 1; }
done
exec "$2/bin/postgres" --version
"""
NAMES = ("postgres", "daemon", "bin", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can run Postgres; `uid` and `gid` own the cluster's files, as seen from this process."""

    name: str
    uid: int
    gid: int
    switch: bool = False
    prefix: tuple[str, ...] = ()

    def spawn(
        self,
        argv: Sequence[StrPath],
        *,
        output: int = subprocess.PIPE,
        stdin: int = subprocess.DEVNULL,
        cwd: Path = Path("/"),
        holding: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """A program of PostgreSQL, started in a session of its own, so that Ctrl-C in a terminal does not reach it.

        It gets none of our environment, which may hold secrets, and of our descriptors only the lock it is `holding`.
        """
        return subprocess.Popen(  # noqa: S603
            [*self.prefix, *argv],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=cwd,
            start_new_session=True,
            pass_fds=() if holding is None else (holding,),
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def run(
        self,
        argv: Sequence[StrPath],
        *,
        stdin: str = "",
        cwd: Path = Path("/"),
        holding: int | None = None,
    ) -> tuple[int, str]:
        """The exit code and all output of a program, which does not outlive this call."""
        with self.spawn(argv, stdin=subprocess.PIPE, cwd=cwd, holding=holding) as process:
            try:
                output, _ = process.communicate(stdin.encode())
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        return process.returncode, output.decode("utf-8", "replace")

    def give(self, directory: Path) -> None:
        """Make this account the owner of the directory and all in it; the directory itself comes last and so tells."""
        if os.geteuid() != 0 or directory.stat().st_uid == self.uid:
            return
        for _, folders, files, fd in os.fwalk(directory):
            for name in (*folders, *files):
                os.chown(name, self.uid, self.gid, dir_fd=fd, follow_symlinks=False)
        os.chown(directory, self.uid, self.gid)

    def trial(self, programs: Path, directory: Path) -> tuple[int, str]:
        """Whether it can enter the directory and run Postgres: (0, version), or an exit code and the complaint."""
        try:
            code, output = self.run(["/bin/sh", "-c", TRIAL, "sh", directory, programs])
        except OSError as error:
            return 1, error.strerror or str(error)
        return (0, output.split()[-1]) if code == 0 else (code, complaint(output, code))


def choose(layout: Layout, programs: Path) -> tuple[Account, str]:
    """The account to run Postgres, and the version of Postgres that it found, as in 18.6."""
    failures = []
    for account in candidates(layout):
        code, answer = account.trial(programs, layout.data)
        if code == 0:
            return account, answer
        failures.append(f"as {account.name}: {answer}")
    advice = "run Donebook as an ordinary user, choose another DATA_DIR, or set DATABASE_URL"
    if os.geteuid() == 0:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and no other way works here; {advice}. ({'; '.join(failures)})"
        )
    raise EmbeddedError(f"The local PostgreSQL cannot be run here; {advice}. ({'; '.join(failures)})")


def candidates(layout: Layout) -> Iterator[Account]:
    """Who might run Postgres here, the likeliest first."""
    uid = os.geteuid()
    if uid != 0:
        # initdb asks for the name of the user, which a container's made-up user ID does not have.
        if not known(uid) and not layout.finished:
            yield from namespaces(uid)
        yield Account(f"user {uid}", uid, os.getegid())
        return
    owners = [path.stat().st_uid for path in (layout.data, layout.cluster) if path.is_dir()]
    ordinary = [known(owner) for owner in owners if owner != 0] + [named("postgres"), named("nobody")]
    for entry in dict.fromkeys(entry for entry in ordinary if entry):
        yield Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    yield from namespaces(uid)


def namespaces(uid: int) -> Iterator[Account]:
    """The caller itself under another name, in a user namespace, if the system has a name to use in there."""
    inside = next((entry for name in NAMES if (entry := named(name)) and entry.pw_uid != 0), None)
    if sys.platform == "linux" and inside and sys.executable:
        script = (sys.executable, "-I", "-S", namespace.__file__, str(inside.pw_uid), str(inside.pw_gid))
        yield Account(f"{inside.pw_name} in a user namespace", uid, os.getegid(), prefix=script)


def known(uid: int) -> pwd.struct_passwd | None:
    """The system's entry of a user ID, if it has one."""
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def named(name: str) -> pwd.struct_passwd | None:
    """The system's entry of a user name, if it has one."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def environment() -> dict[str, str]:
    """What Postgres programs get: English messages, and where the system looks for programs and libraries."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
