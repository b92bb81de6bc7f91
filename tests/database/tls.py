"""TLS in front of a PostgreSQL that has none, as hosts have it, with a certificate for `localhost` only."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.database.wire import LONGEST

ASKS_FOR_TLS = (8).to_bytes(4) + (80877103).to_bytes(4)  # SSLRequest


@dataclass
class Front:
    """Where it listens, and how clients came."""

    port: int = 0
    encrypted: int = 0
    plain: int = 0


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a host that is its own authority, and its key."""
    path, key = folder / f"{name}.crt", folder / f"{name}.key"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    extension = ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(path)]
    subprocess.run([*request, *extension], check=True, capture_output=True)
    return path, key


@asynccontextmanager
async def front(port: int, *, own: tuple[Path, Path], address: str = "127.0.0.1") -> AsyncIterator[Front]:
    """Before the PostgreSQL on that port of this machine; it encrypts for those who ask for it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*own)
    there, running = Front(), set[asyncio.Task[None]]()

    async def serve(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # of clients that do not like the certificate
            first = await client.readexactly(8)
            if first == ASKS_FOR_TLS:
                to_client.write(b"S")
                await to_client.start_tls(context)
                there.encrypted += 1
                first = b""
            else:
                there.plain += 1
            server, to_server = await asyncio.open_connection("127.0.0.1", port)
            to_server.write(first)
            running.add(asyncio.ensure_future(copy(server, to_client)))
            await copy(client, to_server)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(LONGEST):
                target.write(data)
                await target.drain()
        target.close()

    listener = await asyncio.start_server(serve, address, 0)
    there.port = listener.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        listener.close()
        for task in running:
            task.cancel()
