"""The kinds of PostgreSQL that the tests run on: the embedded one and, where there is one, the system's own."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from donebook.db import migrations
from donebook.db.config import Database
from donebook.db.url import parse_database_url
from tests.server import free_port

SUPPORTED = range(15, 19)
EMBEDDED = "embedded-18"
ROLE, PASSWORD = "ordinary", "a password"


def system_programs() -> Path | None:
    """Where the system's PostgreSQL programs are, if it has a server of a version that Donebook supports."""
    if not shutil.which("pg_config"):
        return None
    told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
    programs = Path(told.stdout.strip())
    return programs if (programs / "postgres").exists() and version(programs) in SUPPORTED else None


def version(programs: Path) -> int:
    """The major version of a PostgreSQL."""
    told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[2].partition(".")[0])


def kinds() -> list[str]:
    """The names of what this machine has; tests show them in their ids."""
    programs = system_programs()
    return [EMBEDDED] if programs is None else [EMBEDDED, f"system-{version(programs)}"]


@dataclass
class Postgres:
    """A running PostgreSQL, where the superuser makes databases for an ordinary role."""

    admin_url: str
    socket: Path | None = None
    numbers: Iterator[int] = field(default_factory=count)
    prepared: bool = False
    migrated: str | None = None

    async def admin(self, statement: str) -> None:
        """Run a statement as superuser."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def create(self, options: str = "") -> str:
        """The URL of a new empty database, for the ordinary role."""
        if not self.prepared:
            await self.admin(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}' NOSUPERUSER NOCREATEDB NOCREATEROLE")
            self.prepared = True
        name = f"of_{ROLE}_{next(self.numbers)}"
        await self.admin(f"CREATE DATABASE {name} OWNER {ROLE} {options}")
        return f"postgresql://{ROLE}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{urlsplit(self.admin_url).port}/{name}"

    async def create_migrated(self) -> str:
        """The URL of a new database that has all migrations."""
        if self.migrated is None:
            self.migrated = await self.create()
            await asyncio.to_thread(migrations.upgrade, database(self.migrated))
        return await self.create(f"TEMPLATE {urlsplit(self.migrated).path.removeprefix('/')}")


def database(url: str) -> Database:
    """The database as Donebook's own code takes it."""
    return Database(target=lambda: parse_database_url(url))


@contextmanager
def system_cluster(programs: Path) -> Iterator[Postgres]:
    """A cluster of the system's PostgreSQL, as the user `postgres` when we are root."""
    who = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="donebook-tests-") as folder:
        root = Path(folder)
        if who:
            shutil.chown(root, "postgres")
        data, port = root / "data", free_port()
        initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **who)  # type: ignore[call-overload]
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={root} -c fsync=off"
        control = [programs / "pg_ctl", "-D", data, "-w"]
        start = [*control, "-l", root / "log", "-o", options, "start"]
        subprocess.run(start, check=True, capture_output=True, cwd="/", **who)  # type: ignore[call-overload]
        try:
            yield Postgres(f"postgresql://postgres@127.0.0.1:{port}/postgres", socket=root)
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, cwd="/", **who)  # type: ignore[call-overload]
