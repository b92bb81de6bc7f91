"""The body of a request: read whole before anybody looks at it, and no more of it than we take."""

from litestar.datastructures import Headers
from litestar.types import Receive

from donebook.problems import TooLarge

MAX_BODY = 1024 * 1024  # bytes
MOST_TO_DRAIN = 16 * MAX_BODY  # bytes


class Disconnected(Exception):
    """The client went away while it was sending."""


async def read_body(request: Headers, receive: Receive) -> bytes:
    """The whole body.

    Raises:
        TooLarge: when it is larger than 1 MiB; what the client still sends is then read for a while and thrown away,
            since one that is sending when the connection closes never sees the answer.
        Disconnected: when the client goes away.
    """
    length = request.get("content-length", "0")
    announced = int(length) if length.isdigit() else 0
    if announced > MAX_BODY and "expect" in request:
        raise TooLarge  # it waits for a word before it sends (RFC 9110, section 10.1.1)
    parts, size, more = [], 0, True
    while more and size <= MOST_TO_DRAIN:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        size += len(message["body"])
        more = message["more_body"]
        if size <= MAX_BODY:
            parts.append(message["body"])
    if size > MAX_BODY:
        raise TooLarge
    return b"".join(parts)
