"""Make the cluster: initdb, the role `donebook` and its database.

It is made in a directory of its own and renamed when it is whole, so that `cluster` is a finished cluster or absent,
wherever a crash or a full disk stops us. A finished cluster is never made again.
"""

import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from donebook.db.embedded.account import Account, StrPath
from donebook.db.embedded.errors import EmbeddedError, complaint
from donebook.db.embedded.layout import Layout, sync_directory, write_private

# Case and order follow Unicode code points on every system (PostgreSQL's builtin provider). LC_CTYPE still decides
# what full-text search and trigrams take for a letter; systems know it by different names, the first known is taken.
# https://www.postgresql.org/docs/18/locale.html
LETTERS = ("C.UTF-8", "en_US.UTF-8", "UTF-8", "C")


def sync_method() -> str:
    """How Postgres brings all its files to the disk after a crash: one call for the file system, or one for each file.

    The one call (syncfs) is many times faster, and tells of write errors from Linux 5.8 on.
    https://www.postgresql.org/docs/18/runtime-config-error-handling.html
    """
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return "syncfs" if sys.platform == "linux" and version and (int(version[1]), int(version[2])) >= (5, 8) else "fsync"


DURABLE = (
    *("-c", "fsync=on"),
    *("-c", "full_page_writes=on"),
    *("-c", "synchronous_commit=on"),
    *("-c", f"recovery_init_sync_method={sync_method()}"),
)


def create(layout: Layout, account: Account, programs: Path, *, holding: int) -> None:
    """Make a finished cluster where there is none; the programs hold the lock `holding` as long as they live."""
    layout.sweep()
    password = secret(layout.password)
    superuser = secret(layout.superuser_password)
    fresh = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=layout.root))
    try:
        account.give(fresh)
        initdb(fresh, superuser, account, programs, holding=holding)
        single_user(
            fresh,
            [f"CREATE ROLE donebook LOGIN PASSWORD '{password}'", "CREATE DATABASE donebook OWNER donebook"],
            account,
            programs,
            holding=holding,
        )
        fresh.rename(layout.cluster)
        sync_directory(layout.root)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def initdb(directory: Path, password: str, account: Account, programs: Path, *, holding: int) -> None:
    """Make an empty cluster, on the disk when this returns, that asks everybody for a password."""
    handed_over = directory.with_name(f"{directory.name}.password")
    try:
        write_private(handed_over, password.encode())
        if account.switch:
            os.chown(handed_over, account.uid, account.gid)
        for letters in LETTERS:
            argv: list[StrPath] = [
                programs / "bin/initdb",
                *(f"--pgdata={directory}", "--username=postgres"),
                *("--auth=scram-sha-256", f"--pwfile={handed_over}", "--data-checksums", "--no-instructions"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--locale=C", f"--lc-ctype={letters}", f"--sync-method={sync_method()}"),
            ]
            code, output = account.run(argv, cwd=directory, holding=holding)
            if "invalid locale name" not in output:
                break
    finally:
        handed_over.unlink(missing_ok=True)
    if code != 0:
        raise EmbeddedError(f"PostgreSQL cannot create its files in {directory.parent}: {complaint(output, code)}.")


def single_user(directory: Path, statements: list[str], account: Account, programs: Path, *, holding: int) -> None:
    """Run statements on a cluster that is not running; each is one line, the first that fails ends it."""
    argv: list[StrPath] = [programs / "bin/postgres", "--single", "-D", directory]
    argv += [*DURABLE, "-c", "exit_on_error=on", "postgres"]
    code, output = account.run(argv, stdin="\n".join(statements) + "\n", cwd=directory, holding=holding)
    if code != 0:
        raise EmbeddedError(f"PostgreSQL cannot set up its cluster in {directory.parent}: {complaint(output, code)}.")


def renew_passwords(layout: Layout, account: Account, programs: Path, *, holding: int) -> None:
    """Give both roles new passwords, since the files with the old ones are gone; the cluster must not be running."""
    roles = {"postgres": layout.superuser_password, "donebook": layout.password}
    passwords = {role: secrets.token_urlsafe(24) for role in roles}
    statements = [f"ALTER ROLE {role} PASSWORD '{passwords[role]}'" for role in roles]
    single_user(layout.cluster, statements, account, programs, holding=holding)
    for role, path in roles.items():
        write_private(path, passwords[role].encode())


def check_version(layout: Layout, version: str) -> None:
    """Refuse a cluster of another major version than that of the programs; nothing is touched."""
    written_by = (layout.cluster / "PG_VERSION").read_text().strip()
    major = version.partition(".")[0]
    if written_by != major:
        raise EmbeddedError(
            f"The data in {layout.cluster} was written by PostgreSQL {written_by}, and this is PostgreSQL {major}. "
            "Nothing was changed: dump the data with the Donebook that wrote it, and restore it into a new DATA_DIR."
        )


def secret(path: Path) -> str:
    """The password kept in the file; a new one when there is no such file."""
    if not held(path):
        write_private(path, secrets.token_urlsafe(24).encode())
    return path.read_text().strip()


def held(path: Path) -> bool:
    """Whether the password file is there with something in it."""
    return path.is_file() and path.stat().st_size > 0


def passwords_known(layout: Layout) -> bool:
    """Whether both passwords are at hand."""
    return held(layout.password) and held(layout.superuser_password)


def make_fit(layout: Layout, account: Account) -> None:
    """Let the account, and nobody else, use the cluster's files, as PostgreSQL demands before it starts."""
    account.give(layout.cluster)
    if layout.cluster.stat().st_mode & 0o077:
        layout.cluster.chmod(0o700)
