"""uvicorn, where its ways are not ours: writing answers, bytes that are not HTTP, and stopping."""

import asyncio
import contextlib
import socket
from functools import partial
from types import FrameType
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from donebook.edge import Edge, new_request_id
from donebook.problems import BadRequest, document

LINGER = 1.0  # s: how long clients with an open connection may take to send one more request, and be told to leave
TICK = 0.02  # s


class Joined:
    """A transport for one answer: its head waits for what comes at once behind it, and both are one system call.

    A stream has nothing to send yet; its head goes when the event loop comes round.
    """

    __slots__ = ("_begun", "_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._begun = False

    def write(self, data: bytes) -> None:
        """Send, or keep for a moment what comes first."""
        if not self._begun:
            self._begun, self._head = True, data
            self._loop.call_soon(self._flush)
        elif self._head is None:
            self._transport.write(data)
        else:
            head, self._head = self._head, None
            self._transport.write(head + data)

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection, when all has been sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head)


class Protocol(HttpToolsProtocol):
    """Sends an answer as a whole, and problem documents where uvicorn would send plain text."""

    def on_message_begin(self) -> None:
        """Let whoever answers the request cut the connection, which ASGI knows no word for."""
        super().on_message_begin()
        self.scope["state"]["abort"] = self.transport.abort

    def on_headers_complete(self) -> None:
        """Begin to answer, which will be written here."""
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":  # the answer to that is a head, and nothing comes behind it
            self.cycle.transport = cast("asyncio.Transport", Joined(self.transport, self.loop))

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong and close the connection."""
        request_id = new_request_id()
        body = document(BadRequest(msg.strip().rstrip(".")), request_id)
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\n"
            "cache-control: no-store\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class Server(uvicorn.Server):
    """Stops without failing a request: no new connections, `Connection: close` on what still comes, then the end.

    uvicorn closes idle connections at once, and a request that a client is just sending on one is lost.
    """

    def __init__(self, config: uvicorn.Config, edge: Edge) -> None:
        super().__init__(config)
        self.edge = edge

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; asked a second time, at once."""
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)

    async def _take_waiting(self, listeners: list[socket.socket]) -> None:
        """Take the connections that the kernel has completed and nobody has accepted: closing would reset them."""
        protocol = partial(Protocol, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        waiting = []
        for listener in listeners:
            with contextlib.suppress(OSError):  # BlockingIOError when there are no more
                while True:
                    connection, _ = listener.accept()
                    connection.setblocking(False)
                    waiting.append(connection)
        for server in self.servers:
            server.close()
        for connection in waiting:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let connections end by themselves for a moment, then as uvicorn does."""
        self.edge.drain()
        await self._take_waiting(sockets or [])
        for _ in range(int(LINGER / TICK)):
            if self.force_exit or not self.server_state.connections:
                break
            await asyncio.sleep(TICK)
        await super().shutdown(sockets)
        if self.force_exit:  # uvicorn leaves this out then, and with it what closes the pool
            await self.lifespan.shutdown()
