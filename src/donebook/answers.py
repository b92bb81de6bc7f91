"""Answers that are one JSON document, which nearly all are: sent without what Litestar does for all the others."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, cast

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode
DOCUMENTS = range(200, 204)
"""Statuses of answers that have one."""
JSON = (b"content-type", b"application/json")
PIECE = 200
"""Rows that are encoded at a time."""
TURN = 0.004  # s: after which other requests have theirs


class Answer[Shape](Response[Shape]):
    """A document of the contract; anything else that is answered so goes Litestar's own way."""

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> ASGIResponse:
        """The document, encoded; headers are the document's own, but for its type and its length."""
        status = self.status_code or given.get("status_code") or 200
        if status not in DOCUMENTS or not self._alone(given):
            return super().to_asgi_response(app, request, **given)
        body = _encode(self.content)
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        headers += JSON, (b"content-length", b"%d" % len(body))
        return cast("ASGIResponse", _Document(status, headers, body))

    def _alone(self, given: Mapping[str, Any]) -> bool:
        """Whether there is nothing beside it that Litestar would have to look after."""
        if self.cookies or self.background or self.media_type not in {None, "application/json"}:
            return False
        if given.get("cookies") or given.get("background") or given.get("headers") or given.get("is_head_response"):
            return False
        return isinstance(self.content, msgspec.Struct | list)


class Listed[Row, Shape](Response[list[Shape]]):
    """A JSON array of many rows, made in pieces."""

    def __init__(self, rows: Sequence[Row], shape: Callable[[Row], Shape]) -> None:
        """An array of what `shape` makes of the rows."""
        super().__init__(content=cast("Any", None))
        self.rows = rows
        self.shape = shape

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """Itself: it knows how it is sent."""
        return cast("ASGIResponse", self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        body = await encoded(self.rows, self.shape)
        await _Document(200, [JSON, (b"content-length", b"%d" % len(body))], cast("bytes", body))(scope, receive, send)


async def encoded[Row](rows: Sequence[Row], shape: Callable[[Row], object]) -> bytearray:
    """A JSON array of what `shape` makes of rows."""
    body, until = bytearray(), perf_counter() + TURN
    for start in range(0, max(1, len(rows)), PIECE):
        end = max(0, len(body) - 1)  # where the array of those before was closed
        _encoder.encode_into([shape(row) for row in rows[start : start + PIECE]], body, end)
        if start:
            body[end] = ord(",")
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + TURN
    return body


class _Document:
    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
