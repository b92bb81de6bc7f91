"""uvicorn, where its own ways are not ours: what it answers to bytes that are not HTTP, and how it stops."""

import asyncio
import contextlib
import socket
from functools import partial
from types import FrameType
from uuid import uuid4

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from donebook.edge import Edge
from donebook.problems import BadRequest, document

LINGER = 1.0  # s: how long clients with an open connection may take to send one more request, and be told to leave
TICK = 0.02  # s


class Protocol(HttpToolsProtocol):
    """Answers with a problem document where uvicorn would send plain text, before there is a request to route."""

    def on_message_begin(self) -> None:
        """Let whoever answers the request cut the connection, which ASGI knows no word for."""
        super().on_message_begin()
        self.scope["state"]["abort"] = self.transport.abort

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong and close the connection."""
        request_id = uuid4().hex
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
