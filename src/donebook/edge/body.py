"""The body of a request: read whole before anybody looks at it, and no more of it than we take."""

import asyncio
import contextlib
from collections.abc import Mapping

from litestar.types import Receive

from donebook.problems import TooLarge

MAX_BODY = 1024 * 1024  # bytes
MOST_TO_DRAIN = 16 * MAX_BODY  # bytes
DIGITS = 10  # of a length: the first ones tell whether it is too large
SILENCE = 0.5  # s: a client that has stopped sending waits for the answer


class Disconnected(Exception):
    """The client went away while it was sending."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body.

    Raises:
        TooLarge: when it is larger than 1 MiB; what the client still sends is then read for a while and thrown away,
            since one that is sending when the connection closes never sees the answer.
        Disconnected: when the client goes away.
    """
    length = headers.get(b"content-length", b"")
    announced = int(length[:DIGITS]) if length.isdigit() else 0
    parts, size, more = [], 0, True
    while more and max(size, announced) <= MAX_BODY:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        size += len(message["body"])
        more = message["more_body"]
        parts.append(message["body"])
    if not more and size <= MAX_BODY:
        return b"".join(parts)
    if more and b"expect" not in headers:  # who expects a word before sending gets this one (RFC 9110, section 10.1.1)
        await _drain(receive)
    raise TooLarge


async def _drain(receive: Receive) -> None:
    left = MOST_TO_DRAIN
    with contextlib.suppress(TimeoutError):
        while left > 0:
            async with asyncio.timeout(SILENCE):
                message = await receive()
            if message["type"] != "http.request" or not message["more_body"]:
                return
            left -= len(message["body"])
