"""PgBouncer in transaction mode, on a TCP port, to be restarted."""

import asyncio
import os
import pwd
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from tests.database.pooler import program
from tests.server import free_port
from tests.waiting import until

__all__ = ["PgBouncer", "program"]

# A server that cannot be logged in to is tried again after 1 s, not 15: until then every client is turned away.
SETTINGS = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = 10
max_client_conn = 500
server_login_retry = 1
"""


class PgBouncer:
    """PgBouncer before the database of a URL, from `async with` to its end; `url` leads through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.port = free_port()
        credentials = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))
        self.folder = tempfile.TemporaryDirectory(prefix="donebook-tests-")
        folder = Path(self.folder.name)
        users, self.settings, self.output = folder / "users.txt", folder / "pgbouncer.ini", folder / "log"
        users.write_text(f'"{parts.username}" "{parts.password}"\n')
        self.settings.write_text(SETTINGS.format(host=parts.hostname, port=parts.port, own=self.port, users=users))
        self.user = None
        if os.geteuid() == 0:  # which it refuses to run as
            self.user = pwd.getpwnam("nobody").pw_uid
            os.chown(folder, self.user, -1)
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        await asyncio.to_thread(self._run)

        async def listens() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()
            with suppress(OSError):
                _, to_it = await asyncio.open_connection("127.0.0.1", self.port)
                to_it.close()
                return True
            return False

        await until(listens)

    def _run(self) -> None:
        argv: list[str | Path] = [program() or "pgbouncer", self.settings]
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(argv, user=self.user, stdout=log, stderr=log, cwd="/")

    def kill(self) -> None:
        """End it without asking, and with it every connection."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.folder.cleanup()
