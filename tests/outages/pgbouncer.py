"""PgBouncer in transaction mode, on a TCP port, to be restarted."""

import asyncio
import os
import pwd
import re
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from tests.database.pooler import program
from tests.server import free_port
from tests.waiting import until

# Where `.ci/pgbouncer` leaves one.
FETCHED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "donebook/pgbouncer/pgbouncer"
KNOWS_PREPARED = (1, 21)
PREPARED = 1000  # statements that it remembers of each client

# A server that cannot be logged in to is tried again after 0.2 s, not 15: until then every client is turned away.
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
server_login_retry = 0.2
"""


@dataclass(frozen=True)
class Kind:
    """A PgBouncer, and its `max_prepared_statements`: None when it does not know them."""

    program: Path
    prepared: int | None = None

    @property
    def settings(self) -> str:
        """What it is told besides what all are told."""
        return "" if self.prepared is None else f"max_prepared_statements = {self.prepared}\n"


@cache
def pgbouncers() -> dict[str, Kind]:
    """What this machine has, by name: `pgbouncer-1.18`, `pgbouncer-1.24`, `pgbouncer-1.24-prepared`."""
    found = {}
    paths: tuple[Path | str | None, ...] = (program(), FETCHED if FETCHED.exists() else None)
    for path in (path for path in paths if path is not None):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
        known = re.match(r"PgBouncer (\d+)\.(\d+)", told)
        assert known is not None, told
        name, knows = f"pgbouncer-{known[1]}.{known[2]}", (int(known[1]), int(known[2])) >= KNOWS_PREPARED
        found[name] = Kind(Path(path), 0 if knows else None)
        if knows:
            found[f"{name}-prepared"] = Kind(Path(path), PREPARED)
    return found


class PgBouncer:
    """PgBouncer before the database of a URL, from `async with` to its end; `url` leads through it."""

    def __init__(self, url: str, kind: Kind) -> None:
        self.kind = kind
        parts = urlsplit(url)
        self.port = free_port()
        credentials = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))
        self.folder = tempfile.TemporaryDirectory(prefix="donebook-tests-")
        folder = Path(self.folder.name)
        users, self.settings, self.output = folder / "users.txt", folder / "pgbouncer.ini", folder / "log"
        users.write_text(f'"{parts.username}" "{parts.password}"\n')
        shared = SETTINGS.format(host=parts.hostname, port=parts.port, own=self.port, users=users)
        self.settings.write_text(shared + kind.settings)
        self.argv: list[str | Path] = [kind.program, self.settings]
        if os.geteuid() == 0:  # which it refuses to stay; the program itself may be where only root can read
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
            self.argv[1:1] = ["-u", "nobody"]
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
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd="/")

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
