"""A forwarder in front of PostgreSQL that notes what clients say, to count statements and round trips.

The client waits for the server after each Query, Sync or Flush (Q, S, H). The way may be made longer.
The messages are those of https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LONGEST = 1 << 16
PROTOCOL_3 = 3
PARSE = "P"
WAITED_FOR = "QSH"


class Wire:
    """What all clients together have said since the last `clear`: one letter a message, and the names of statements."""

    def __init__(self) -> None:
        self.port = 0
        self.said = ""
        self.prepared: list[str] = []
        self.open = True
        self.turned_away = 0
        self.delay = 0.0  # s, each way

    @property
    def round_trips(self) -> int:
        """How often clients have waited for the server since the last `clear`."""
        return sum(map(self.said.count, WAITED_FOR))

    def clear(self) -> None:
        """Forget what was said."""
        self.said = ""
        self.prepared = []

    def note(self, buffer: bytearray, *, greeted: bool) -> bool:
        """Take whole messages from the front of the buffer; returns whether the client has introduced itself."""
        while len(buffer) >= 5:
            letter = chr(buffer[0]) if greeted else ""
            length = int.from_bytes(buffer[len(letter) : len(letter) + 4]) + len(letter)
            if len(buffer) < length:
                break
            if greeted:
                self.said += letter
                if letter == PARSE:
                    self.prepared.append(bytes(buffer[5 : buffer.index(0, 5)]).decode())
            else:
                # A request for encryption has another number here, and the introduction still to come.
                greeted = int.from_bytes(buffer[4:6]) == PROTOCOL_3
            del buffer[:length]
        return greeted


@asynccontextmanager
async def forwarder(port: int, *, socket: Path | None = None) -> AsyncIterator[Wire]:
    """A wire to the PostgreSQL on that port of this machine, on another port or at a Unix socket."""
    wire = Wire()
    running: set[asyncio.Task[None]] = set()

    async def serve(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if not wire.open:
            wire.turned_away += 1
            to_client.close()
            return
        server, to_server = await asyncio.open_connection("127.0.0.1", port)
        running.add(asyncio.ensure_future(copy(server, to_client)))
        buffer, greeted = bytearray(), False
        while data := await client.read(LONGEST):
            buffer += data
            greeted = wire.note(buffer, greeted=greeted)
            await send(to_server, data)
        to_server.close()

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(LONGEST):
                await send(target, data)
        target.close()

    async def send(target: asyncio.StreamWriter, data: bytes) -> None:
        if wire.delay:
            asyncio.get_running_loop().call_later(wire.delay, target.write, data)
        else:
            target.write(data)
            await target.drain()

    if socket is None:
        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        wire.port = listener.sockets[0].getsockname()[1]
    else:
        listener = await asyncio.start_unix_server(serve, socket)
    try:
        yield wire
    finally:
        listener.close()
        for task in running:
            task.cancel()
