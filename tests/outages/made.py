"""Where the clusters to hurt come from: Donebook's embedded PostgreSQL, or the system's own."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from donebook.db.local import APPLICATION, acquire
from local_postgres.account import Account, choose_account
from local_postgres.server import find_programs
from tests.database.clusters import EMBEDDED, system_programs
from tests.server import free_port

PASSWORD = "of-the-tests"
SCRIPT = f"""\
CREATE ROLE donebook LOGIN PASSWORD '{PASSWORD}'
CREATE DATABASE donebook OWNER donebook
"""


@dataclass(frozen=True)
class Made:
    """A cluster that does not run, what runs it, and where it will listen."""

    programs: Path
    account: Account
    data: Path
    log: Path
    port: int
    passwords: dict[str, str]

    def url(self, role: str) -> str:
        """The database `donebook`, as a role."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/donebook"


@contextmanager
def made(kind: str, directory: Path) -> Iterator[Made]:
    """A new cluster of one of `kinds()`, with an ordinary role `donebook` and its database."""
    if kind == EMBEDDED:
        yield embedded(directory)
        return
    with tempfile.TemporaryDirectory(prefix="donebook-tests-") as folder:  # the directory may be root's alone
        yield system(Path(folder))


def embedded(directory: Path) -> Made:
    """As Donebook makes it for itself."""
    with acquire(directory, serving=False) as cluster:
        url, layout = urlsplit(cluster.url), cluster.layout
    programs = find_programs(APPLICATION)
    account, _ = choose_account(layout, programs)
    passwords = {"donebook": url.password or "", "postgres": layout.superuser_password_file.read_text().strip()}
    return Made(programs / "bin", account, layout.cluster, layout.root / "outages.log", url.port or 0, passwords)


def system(folder: Path) -> Made:
    """As `initdb` makes it; every connection asks for a password."""
    programs = system_programs()
    assert programs is not None
    account = Account("ourselves", os.geteuid(), os.getegid())
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        account = Account("postgres", entry.pw_uid, entry.pw_gid, switch_user=True)
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    account.take_ownership(folder)
    options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
    succeed(account.run([programs / "initdb", "-D", data, f"--pwfile={password}", *options]))
    succeed(account.run([programs / "postgres", "--single", "-D", data, "postgres"], stdin=SCRIPT))
    return Made(programs, account, data, folder / "log", free_port(), dict.fromkeys(("donebook", "postgres"), PASSWORD))


def succeed(outcome: tuple[int, str]) -> None:
    """Raise what a program said when it failed."""
    code, output = outcome
    assert code == 0, output
