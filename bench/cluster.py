"""The PostgreSQL that every contestant gets: Donebook's embedded one, as durable as it ships, on data of its own."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from donebook.db.local import acquire
from local_postgres import account as accounts

SHIM = Path(__file__).with_name("latency.c")


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL; URLs are of the ordinary role, who owns every database."""

    url: str
    admin_url: str

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return urlsplit(self.url).port or 0

    def of(self, database: str) -> str:
        """The URL of a database."""
        return f"{self.url.rpartition('/')[0]}/{database}"

    def create(self, database: str, *, template: str | None = None) -> str:
        """Make a database anew, empty or as a copy; its URL."""
        self.drop(database)
        copied = f"TEMPLATE {template} STRATEGY file_copy" if template else ""
        execute(self.admin_url, f"CREATE DATABASE {database} OWNER donebook {copied}")
        return self.of(database)

    def drop(self, database: str) -> None:
        """Remove a database, if it is there, and what its removal leaves to be written."""
        execute(self.admin_url, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def settle(self) -> None:
        """Write out what is still to be written, so that nobody pays for those before."""
        execute(self.admin_url, "CHECKPOINT")


@contextmanager
def cluster(folder: Path, *, latency: float = 0.0) -> Iterator[Cluster]:
    """The PostgreSQL on that folder, made when there is none; each commit takes `latency` seconds longer than the disk.

    Raises:
        SystemExit: when latency is asked for and there is no C compiler to build what makes it.
    """
    original = accounts.environment
    if latency:
        library = build(folder)
        added = {"LD_PRELOAD": str(library), "BENCH_COMMIT_LATENCY_US": str(round(latency * 1e6))}
        accounts.environment = lambda: original() | added
    try:
        postgres = acquire(folder, serving=False)
    finally:
        accounts.environment = original
    try:
        password = (folder / "postgres" / "postgres.password").read_text().strip()
        port = urlsplit(postgres.url).port
        yield Cluster(postgres.url, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")
    finally:
        postgres.release()


def build(folder: Path) -> Path:
    """The library that makes commits slow.

    Raises:
        SystemExit: when there is no C compiler.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("Commit latency needs a C compiler: apt install gcc libc6-dev")
    library = folder / "latency.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    library.chmod(0o755)
    return library


def execute(url: str, *statements: str) -> list[asyncpg.Record]:
    """What the last of some statements gives."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetch(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())
