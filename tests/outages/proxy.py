"""A TCP proxy between Donebook and its database that does to connections what networks and databases do to them.

It lives in the event loop of whoever uses it: each of its methods takes effect at once.
"""

import asyncio
import ctypes
import socket
import struct
from contextlib import suppress
from enum import StrEnum
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from tests.database.wire import LONGEST, Wire

READY = b"Z\x00\x00\x00\x05I"  # ReadyForQuery, outside a transaction: whatever was asked for has been committed
SO_ATTACH_FILTER = 26  # Linux, socket(7)


class Trap(StrEnum):
    """What happens to the next message of a client in which some text is found."""

    BEFORE = "half of it is passed on, then the connection is cut"
    AFTER = "it is passed on, and the connection is cut when the answer comes, in its place"
    SHUT = "it is passed on, and the connection is closed once it has been answered"


class Line:
    """A connection through the proxy, with both its ends."""

    def __init__(self, to_client: asyncio.StreamWriter) -> None:
        self.to_client = to_client
        self.to_server: asyncio.StreamWriter | None = None
        self.trap: Trap | None = None

    def cut(self) -> None:
        """End it at both ends, whatever is still on the way."""
        for end in (self.to_client, self.to_server):
            if end is not None:
                end.transport.abort()

    def close(self) -> None:
        """End it at both ends; what is on the way still arrives."""
        for end in (self.to_client, self.to_server):
            if end is not None:
                end.close()

    def deafen(self) -> None:
        """Take in no packet of the client any more, as a machine that has lost its power: none is acknowledged."""
        drop_packets(self.to_client.get_extra_info("socket"))


def drop_packets(end: socket.socket) -> None:
    """Have the kernel drop every packet that comes to a socket.

    Raises:
        OSError: when the system does not allow it.
    """
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: keep 0 bytes of each packet
    program = struct.pack("HL", 1, ctypes.addressof(drop))
    end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class Proxy:
    """Relays connections to the database of a URL, from `async with` to its end; `url` leads through it."""

    def __init__(self, url: str) -> None:
        self.direct_url = url
        self.lines: set[Line] = set()
        self.connections = 0
        """How many were opened so far."""
        self.bytes = 0
        """How many went through so far, both ways."""
        self.moved = monotonic()
        """When anything last did."""
        self.wire = Wire()
        """What clients said."""
        self.connect_delay = 0.0  # s
        self.delay = 0.0  # s: before each answer of the server
        self.greeting: Trap | None = None
        """What happens to new connections, once they are ready."""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._traps: list[tuple[bytes, Trap]] = []
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where clients connect, instead of to the database itself."""
        parts = urlsplit(self.direct_url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self._port}"))

    async def mend(self) -> None:
        """Take connections, and let everything through undisturbed."""
        self.connect_delay = self.delay = 0.0
        self.greeting = None
        self._traps.clear()
        self._flowing.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self._port, backlog=512)
            self._port = self._listener.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Take no new connections: they are refused."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def cut(self) -> None:
        """End every connection; new ones are taken."""
        for line in self.lines:
            line.cut()

    def deafen(self) -> None:
        """Leave every connection half open: its other end is gone, without a word; new ones are taken."""
        for line in self.lines:
            line.deafen()

    def freeze(self) -> None:
        """Pass nothing on, on old and new connections, until it is thawed."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Pass on what was held back, and all that comes."""
        self._flowing.set()

    def catch(self, text: str | bytes, trap: Trap) -> None:
        """Set a trap for one message of a client."""
        self._traps.append((text.encode() if isinstance(text, str) else text, trap))

    @property
    def caught(self) -> bool:
        """Whether every trap has had its message."""
        return not self._traps

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        self.cut()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        line = Line(to_client)
        self.lines.add(line)
        self.connections += 1
        try:
            await asyncio.sleep(self.connect_delay)
            await self._flowing.wait()
            parts = urlsplit(self.direct_url)
            server, line.to_server = await asyncio.open_connection(parts.hostname, parts.port)
            line.trap = self.greeting
            await asyncio.gather(self._forward(line, client, line.to_server), self._return(line, server))
        except OSError:
            line.cut()
        finally:
            line.close()
            self.lines.discard(line)
            self._serving.discard(task)

    async def _forward(self, line: Line, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        buffer, greeted = bytearray(), False
        while data := await client.read(LONGEST):
            buffer += data
            greeted = self.wire.note(buffer, greeted=greeted)
            self._note(data)
            await self._flowing.wait()
            line.trap = self._caught(data) or line.trap
            if line.trap is Trap.BEFORE:
                data = data[: len(data) // 2]  # the rest is lost
            to_server.write(data)
            await to_server.drain()
            if line.trap is Trap.BEFORE:
                break
        line.close()

    async def _return(self, line: Line, server: asyncio.StreamReader) -> None:
        while data := await server.read(LONGEST):
            if line.trap is Trap.AFTER and data.endswith(READY):
                break
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._flowing.wait()
            self._note(data)
            with suppress(OSError):
                line.to_client.write(data)
                await line.to_client.drain()
            if line.trap is Trap.SHUT and data.endswith(READY):
                break
        line.close()

    def _note(self, data: bytes) -> None:
        self.bytes += len(data)
        self.moved = monotonic()

    def _caught(self, data: bytes) -> Trap | None:
        for number, (text, trap) in enumerate(self._traps):
            if text in data:
                del self._traps[number]
                return trap
        return None
