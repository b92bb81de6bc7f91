"""Answers that are sent while they are being made, in pieces, to clients that take them in reasonable time."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Message, Receive, Scope, Send

log = logging.getLogger("donebook.streaming")

BLOCKED = 10.0  # s: who takes nothing for so long is not there any more
GONE = 1.0  # s: for the server to notice that a connection was cut


class Streamed[Shape](Response[Shape]):
    """An answer in pieces. One that cannot be brought to its end is broken off, so that nobody takes it for whole."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        *,
        media_type: str,
        first: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> None:
        """An answer that begins with `first`, if there is any, and goes on with what is asked of `pieces`."""
        super().__init__(content=None, media_type=media_type, headers=headers)  # type: ignore[arg-type]
        self.first = first
        self.pieces = pieces

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """Itself: it knows how it is sent."""
        return self  # type: ignore[return-value]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        state = scope["state"]
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        start: Message = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", str(self.media_type).encode()), *headers],
        }
        if state.get("head"):
            await self.pieces.aclose()
            await send(start)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        state["streams"] = True
        if "connection" in self.headers and "last" in state:  # it is the last answer on its connection
            state["last"]()
        if "exchange" in state:
            state["exchange"].unlimited()  # each piece has a limit of its own from now on
        async with aclosing(self.pieces) as pieces:
            await send(start)
            try:
                if self.first:
                    await _send(self.first, send)
                async for piece in pieces:
                    await _send(piece, send)
            except Exception as error:
                extra = {"error": type(error).__name__, "request_id": state["request_id"]}
                log.warning("an answer was broken off", extra=extra)
                await _break_off(state.get("abort"))
                raise
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def nothing() -> AsyncGenerator[bytes]:
    """No pieces."""
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece


async def _send(piece: bytes, send: Send) -> None:
    async with asyncio.timeout(BLOCKED):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _break_off(abort: Callable[[], None] | None) -> None:
    """Cut the connection; the server then ends what is still being done for it, which is this."""
    if abort is not None:
        abort()
        await asyncio.sleep(GONE)
