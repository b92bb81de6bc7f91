"""uvicorn's server, where its way of stopping is not ours."""

import asyncio
import contextlib
import resource
import socket
from types import FrameType
from typing import Any, cast

import uvicorn

from donebook.edge import Edge
from donebook.settings import Settings

LINGER = 1.0  # s: how long clients with an open connection may take to send one more request, and be told to leave
TICK = 0.02  # s
RESERVE = 64  # descriptors for everything that is no client: the pool has its own share beside these


def connections_allowed(chosen: Settings) -> int:
    """Raise the limit on open files as far as `MAX_CONNECTIONS` needs, and return how many connections fit into it."""
    reserve = RESERVE + chosen.pool_size
    wanted = chosen.max_connections + reserve
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return chosen.max_connections if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft) - reserve)


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

        def protocol() -> asyncio.Protocol:
            make = cast("Any", self.config.http_protocol_class)
            made: asyncio.Protocol = make(
                config=self.config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

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
