"""Writing the head and the body of an answer in one system call, so that the client is woken once."""

import asyncio

LARGE = 65_536  # bytes: to copy a larger body takes longer than to wake the client twice


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
        elif len(data) > LARGE:
            self._flush()
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
