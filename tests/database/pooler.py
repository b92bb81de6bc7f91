"""Ways to a database through something that calls itself a pooler: PgBouncer where it is installed, else a plain wire.

Donebook knows a pooler by its host name. A host may also be the folder of a Unix socket, and so a folder will do:
`…/there-pooler` leads to the pooler and, as with Neon's host names, `…/there` to the database itself.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.database.clusters import PASSWORD, ROLE
from tests.database.wire import Wire, forwarder
from tests.server import free_port
from tests.waiting import wait_until

WIRE = "wire"
SETTINGS = """
[databases]
* = host=127.0.0.1 port={port}
[pgbouncer]
listen_addr =
listen_port = {socket}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 3
"""


def routes() -> list[str]:
    """The names of what this machine has; tests show them in their ids."""
    if not (pgbouncer := program()):
        return [WIRE]
    told = subprocess.run([pgbouncer, "--version"], capture_output=True, text=True, check=True).stdout
    return [WIRE, f"pgbouncer-{told.split()[1]}"]


@asynccontextmanager
async def route(name: str, url: str) -> AsyncIterator[tuple[str, Wire]]:
    """A pooled URL of the database, and what is said on the way to it or, through PgBouncer, past it."""
    socket, database = free_port(), urlsplit(url)
    port = database.port or 0
    async with AsyncExitStack() as stack:
        direct, pooled = stack.enter_context(folders())
        wire = await stack.enter_async_context(forwarder(port, socket=direct / f".s.PGSQL.{socket}"))
        if name == WIRE:
            wire = await stack.enter_async_context(forwarder(port, socket=pooled / f".s.PGSQL.{socket}"))
        else:
            stack.enter_context(pgbouncer(pooled, port=port, socket=socket))
        yield f"postgresql://{ROLE}@{database.path}?host={pooled}&port={socket}&password={PASSWORD}", wire


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """Two folders for Unix sockets, with short names and open to all."""
    with tempfile.TemporaryDirectory(prefix="donebook-tests-") as made:
        root = Path(made)
        root.chmod(0o755)
        both = root / "there", root / "there-pooler"
        for folder in both:
            folder.mkdir()
        yield both


@contextmanager
def pgbouncer(folder: Path, *, port: int, socket: int) -> Iterator[None]:
    """PgBouncer, which refuses to run as root, between a Unix socket and the Postgres on a port."""
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    users, settings, log = folder / "users.txt", folder / "pgbouncer.ini", folder / "log"
    users.write_text(f'"{ROLE}" "{PASSWORD}"\n')
    settings.write_text(SETTINGS.format(port=port, socket=socket, folder=folder, users=users))
    if user is not None:
        os.chown(folder, user, -1)
    with log.open("wb") as output:
        argv: list[str | Path] = [program() or "pgbouncer", settings]
        process = subprocess.Popen(argv, user=user, stdout=output, stderr=output, cwd="/")
    try:
        wait_until(lambda: (folder / f".s.PGSQL.{socket}").exists() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.kill()
        process.wait()


def program() -> str | None:
    """Where PgBouncer is; Debian puts it where ordinary users do not look."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
