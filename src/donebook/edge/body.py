"""The body of a request: read whole before anybody looks at it, and no more of it than we take."""

import asyncio
import contextlib
from collections.abc import Mapping

from litestar.types import Receive

from donebook.memory import freed
from donebook.problems import Busy, TooLarge

MAX_BODY = 1024 * 1024  # bytes
SMALL = 64 * 1024  # bytes: a body up to this size does not count among those that are limited together
MOST_TO_DRAIN = 16 * MAX_BODY  # bytes
DIGITS = 10  # of a length: the first ones tell whether it is too large
SILENCE = 0.5  # s: a client that has stopped sending waits for the answer


class Disconnected(Exception):
    """The client went away while it was sending."""


class Bodies:
    """The bodies of all requests that are being answered; the large ones share a limit on memory."""

    def __init__(self, most: int) -> None:
        """Begin without any; `most` is how many bytes large bodies may have together."""
        self.most = most
        self.large = 0

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Read a whole body; it has to be released.

        Raises:
            TooLarge: when it is larger than 1 MiB.
            Busy: when there is no memory for it, beside the other large ones. The rest of the body is then read
                for a while and thrown away, since a client that is sending when the connection closes never sees the
                answer.
            Disconnected: when the client goes away.
        """
        length = headers.get(b"content-length", b"")
        announced = int(length[:DIGITS]) if length.isdigit() else 0
        if announced > MAX_BODY:
            await _drain(headers, receive)
            raise TooLarge
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body, more = message["body"], message["more_body"]
        if not more and len(body) <= SMALL:
            return body
        parts = [body]
        del body, message  # what is thrown away must not stay for as long as the client sends
        return await self._large(parts, headers, receive, more=more)

    async def _large(
        self, parts: list[bytes], headers: Mapping[bytes, bytes], receive: Receive, *, more: bool
    ) -> bytes:
        size = len(parts[0])
        self.large += _counted(size)
        try:
            while more and size <= MAX_BODY and self.large <= self.most:
                piece, more = await _next(receive)
                parts.append(piece)
                self.large += _counted(size + len(piece)) - _counted(size)
                size += len(piece)
                del piece
            if not more and size <= MAX_BODY:
                whole = b"".join(parts)
                self.large += _counted(size)  # until it is released
                return whole
        finally:
            self.large -= _counted(size)
            parts.clear()
            freed.add(size)
        if more:
            await _drain(headers, receive)
        raise TooLarge if size > MAX_BODY else Busy("There is no memory for so large a body now")

    def release(self, body: bytes) -> None:
        """Let go of a body that was read."""
        if len(body) > SMALL:
            self.large -= _counted(len(body))
            freed.add(len(body))


def _counted(size: int) -> int:
    return max(0, size - SMALL)


async def _next(receive: Receive) -> tuple[bytes, bool]:
    """The next part of a body, and whether there is more."""
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    return message["body"], message["more_body"]


async def _drain(headers: Mapping[bytes, bytes], receive: Receive) -> None:
    """Throw away what a client still sends, unless it waits for a word first (RFC 9110, section 10.1.1)."""
    if b"expect" in headers:
        return
    left = MOST_TO_DRAIN
    with contextlib.suppress(TimeoutError, Disconnected):
        more = True
        while more and left > 0:
            async with asyncio.timeout(SILENCE):
                piece, more = await _next(receive)
            left -= len(piece)
            del piece
