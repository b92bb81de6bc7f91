"""Create the cluster with initdb, and the application's role and database in it.

The cluster is created in a directory of its own and renamed when complete, so that `cluster` is complete or absent,
wherever a crash or a full disk interrupts us. A complete cluster is never created again.
"""

import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from local_postgres.account import Account, StrPath
from local_postgres.errors import LocalPostgresError, failure_reason
from local_postgres.layout import Layout, sync_directory, write_private

# Case and order follow Unicode code points on every system (PostgreSQL's builtin provider). LC_CTYPE still decides
# which characters are letters in full-text search and trigrams. Its name differs between systems: the first that the
# system knows is used.
# https://www.postgresql.org/docs/18/locale.html
LC_CTYPES = ("C.UTF-8", "en_US.UTF-8", "UTF-8", "C")


def sync_method() -> str:
    """Return how Postgres flushes its files after a crash: one call for the file system, or one for each file.

    The one call (syncfs) is many times faster, and reports write errors from Linux 5.8 on.
    https://www.postgresql.org/docs/18/runtime-config-error-handling.html
    """
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return "syncfs" if sys.platform == "linux" and version and (int(version[1]), int(version[2])) >= (5, 8) else "fsync"


DURABILITY_OPTIONS = (
    *("-c", "fsync=on"),
    *("-c", "full_page_writes=on"),
    *("-c", "synchronous_commit=on"),
    *("-c", f"recovery_init_sync_method={sync_method()}"),
)


def create_cluster(layout: Layout, account: Account, programs: Path, *, inherit: int) -> None:
    """Create the cluster; the programs hold the lock `inherit` as long as they run."""
    application = layout.application
    layout.remove_unfinished()
    password = read_or_create_password(layout.password_file)
    superuser = read_or_create_password(layout.superuser_password_file)
    fresh = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=layout.root))
    try:
        account.take_ownership(fresh)
        initdb(fresh, superuser, account, programs, inherit=inherit)
        run_single_user(
            fresh,
            [
                f"CREATE ROLE {application.role} LOGIN PASSWORD '{password}'",
                f"CREATE DATABASE {application.database} OWNER {application.role}",
            ],
            account,
            programs,
            inherit=inherit,
        )
        fresh.rename(layout.cluster)
        sync_directory(layout.root)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def initdb(directory: Path, password: str, account: Account, programs: Path, *, inherit: int) -> None:
    """Create an empty cluster, flushed to disk, that requires a password from every client."""
    password_file = directory.with_name(f"{directory.name}.password")
    try:
        write_private(password_file, password.encode())
        if account.switch_user:
            os.chown(password_file, account.uid, account.gid)
        for letters in LC_CTYPES:
            argv: list[StrPath] = [
                programs / "bin/initdb",
                *(f"--pgdata={directory}", "--username=postgres"),
                *("--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums", "--no-instructions"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--locale=C", f"--lc-ctype={letters}", f"--sync-method={sync_method()}"),
            ]
            code, output = account.run(argv, cwd=directory, inherit=inherit)
            if "invalid locale name" not in output:
                break
    finally:
        password_file.unlink(missing_ok=True)
    if code != 0:
        raise LocalPostgresError(
            f"PostgreSQL cannot create its files in {directory.parent}: {failure_reason(output, code)}."
        )


def run_single_user(directory: Path, statements: list[str], account: Account, programs: Path, *, inherit: int) -> None:
    """Run statements of one line each on a cluster that is not running, until one fails."""
    argv: list[StrPath] = [programs / "bin/postgres", "--single", "-D", directory]
    argv += [*DURABILITY_OPTIONS, "-c", "exit_on_error=on", "postgres"]
    code, output = account.run(argv, stdin="\n".join(statements) + "\n", cwd=directory, inherit=inherit)
    if code != 0:
        raise LocalPostgresError(
            f"PostgreSQL cannot set up its cluster in {directory.parent}: {failure_reason(output, code)}."
        )


def reset_passwords(layout: Layout, account: Account, programs: Path, *, inherit: int) -> None:
    """Set new passwords for both roles when a password file is lost; the cluster must not be running."""
    roles = {"postgres": layout.superuser_password_file, layout.application.role: layout.password_file}
    passwords = {role: secrets.token_urlsafe(24) for role in roles}
    statements = [f"ALTER ROLE {role} PASSWORD '{passwords[role]}'" for role in roles]
    run_single_user(layout.cluster, statements, account, programs, inherit=inherit)
    for role, path in roles.items():
        write_private(path, passwords[role].encode())


def check_version(layout: Layout, version: str) -> None:
    """Refuse a cluster of another major version than that of the programs, and change nothing."""
    written_by = (layout.cluster / "PG_VERSION").read_text().strip()
    major = version.partition(".")[0]
    if written_by != major:
        raise LocalPostgresError(
            f"The data in {layout.cluster} was written by PostgreSQL {written_by}, and this is PostgreSQL {major}. "
            f"Nothing was changed: dump the data with the {layout.application.title} that wrote it, and restore it "
            f"into a new {layout.application.data_setting}."
        )


def read_or_create_password(path: Path) -> str:
    """Return the password in the file; without a file, create it with a new password."""
    if not has_content(path):
        write_private(path, secrets.token_urlsafe(24).encode())
    return path.read_text().strip()


def has_content(path: Path) -> bool:
    """Whether the file exists and is not empty."""
    return path.is_file() and path.stat().st_size > 0


def has_passwords(layout: Layout) -> bool:
    """Whether the files of both passwords exist."""
    return has_content(layout.password_file) and has_content(layout.superuser_password_file)


def fix_permissions(layout: Layout, account: Account) -> None:
    """Give the cluster's files to the account and close them to others, which PostgreSQL requires at its start."""
    account.take_ownership(layout.cluster)
    if layout.cluster.stat().st_mode & 0o077:
        layout.cluster.chmod(0o700)
