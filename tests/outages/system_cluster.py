"""The system's own PostgreSQL, another version than the embedded one, to be hurt in the same ways."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg

from tests.database.clusters import system_programs
from tests.outages.cluster import NOWHERE, Cluster, running
from tests.server import free_port

PASSWORD = "donebook"


class SystemCluster(Cluster):
    """A cluster of it, as the user `postgres` when we are root. It is not running yet."""

    def __init__(self) -> None:
        found = system_programs()
        assert found is not None, "this system has no PostgreSQL of a version that Donebook supports"
        self.programs = found
        self.port = free_port()
        self.url = f"postgresql://donebook:{PASSWORD}@127.0.0.1:{self.port}/donebook"
        self.admin_url = self._as_superuser("postgres")
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="donebook-tests-")
        self.data = Path(self.folder.name) / "data"
        self.user, self.group = (None, None)
        if os.geteuid() == 0:  # which it refuses to run as
            account = pwd.getpwnam("postgres")
            self.user, self.group = account.pw_uid, account.pw_gid
            shutil.chown(self.folder.name, self.user)
        initdb: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self.data,
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", user=self.user, group=self.group)
        asyncio.run(self._furnish())

    def start(self, *options: str) -> None:
        """Start it, and do not wait until it accepts connections."""
        argv: list[str | Path] = [
            self.programs / "postgres",
            "-D",
            self.data,
            *NOWHERE,
            f"--port={self.port}",
            *options,
        ]
        with (Path(self.folder.name) / "log").open("ab") as log:
            self.process = subprocess.Popen(
                argv, stdout=log, stderr=log, cwd="/", user=self.user, group=self.group, start_new_session=True
            )

    async def _furnish(self) -> None:
        """Make the role and its database, as the embedded one has them."""
        async with running(self):
            connection = await asyncpg.connect(self.admin_url)
            await connection.execute(f"CREATE ROLE donebook LOGIN PASSWORD '{PASSWORD}'")
            await connection.execute("CREATE DATABASE donebook OWNER donebook")
            await connection.close()
        self.admin_url = self._as_superuser("donebook")

    def _as_superuser(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
