"""The body of a request: read whole before anybody looks at it, and no more of it than we take."""

import asyncio
import contextlib
from collections.abc import Mapping

from litestar.types import Receive

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
            Busy: when there is no memory for it, beside the other large ones. What the client still sends is then read
                for a while and thrown away, since a client that is sending when the connection closes never sees the
                answer.
            Disconnected: when the client goes away.
        """
        length = headers.get(b"content-length", b"")
        announced = int(length[:DIGITS]) if length.isdigit() else 0
        body, more = bytearray(), True
        try:
            while more and max(len(body), announced) <= MAX_BODY and self.large <= self.most:
                message = await receive()
                if message["type"] != "http.request":
                    raise Disconnected
                before = _counted(len(body))
                body += message["body"]
                self.large += _counted(len(body)) - before
                more = message["more_body"]
            too_large = max(len(body), announced) > MAX_BODY
            if not more and not too_large:
                whole, body = bytes(body), bytearray()
                return whole
        finally:
            self.large -= _counted(len(body))
        if more and b"expect" not in headers:  # a client that expects 100 sends nothing (RFC 9110, section 10.1.1)
            body.clear()
            await _drain(receive)
        raise TooLarge if too_large else Busy("There is no memory for so large a body now")

    def release(self, body: bytes) -> None:
        """Let go of a body that was read."""
        self.large -= _counted(len(body))


def _counted(size: int) -> int:
    return max(0, size - SMALL)


async def _drain(receive: Receive) -> None:
    left = MOST_TO_DRAIN
    with contextlib.suppress(TimeoutError):
        while left > 0:
            async with asyncio.timeout(SILENCE):
                message = await receive()
            if message["type"] != "http.request" or not message["more_body"]:
                return
            left -= len(message["body"])
