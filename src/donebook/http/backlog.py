"""Answers that clients have not read yet: each client has to keep reading, and all of them share a limit on memory."""

import asyncio
import logging
from time import monotonic

from msgspec import Struct

from donebook import metrics
from donebook.memory import freed

log = logging.getLogger("donebook.http")

TICK = 0.25  # s between two looks at the clients that are behind
PIECE = 65_536  # bytes that a client has to read in the time that there is


class Unread(Struct):
    """What one client has not read yet."""

    size: int
    """Bytes, at first."""
    left: int
    """Bytes, at the last look."""
    goal: int
    """Bytes that may be left at `until`, on the monotonic clock."""
    until: float
    looks: int = 0


class Backlog:
    """The connections whose clients are behind.

    asyncio keeps whatever a client does not read, for as long as the connection lasts (as does uvicorn, which only
    waits before it writes more).
    """

    def __init__(self, seconds: float, most: int) -> None:
        """Watch connections.

        Args:
            seconds: within which a client has to read 64 KiB, or what is left.
            most: bytes that may wait for all clients together; beyond, the slowest are cut off.
        """
        self.seconds = seconds
        self.most = most
        self._behind: dict[asyncio.Transport, Unread] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, transport: asyncio.Transport) -> None:
        """Watch a connection, until it is discarded."""
        if transport not in self._behind:
            left = transport.get_write_buffer_size()
            self._behind[transport] = Unread(left, left, max(0, left - PIECE), monotonic() + self.seconds)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._look)

    def discard(self, transport: asyncio.Transport) -> None:
        """Stop to watch a connection: its client has caught up, or it is closed."""
        unread = self._behind.pop(transport, None)
        if unread is not None:
            freed.add(unread.size)

    def _look(self) -> None:
        """Cut off clients that read too little; rest when nobody is behind."""
        self._timer = asyncio.get_running_loop().call_later(TICK, self._look) if self._behind else None
        now, total = monotonic(), 0
        slow: list[tuple[int, int, asyncio.Transport]] = []
        for transport, unread in list(self._behind.items()):
            left = transport.get_write_buffer_size()
            read, unread.left = unread.left - left, left
            unread.looks += 1
            if left <= unread.goal:
                unread.goal, unread.until = max(0, left - PIECE), now + self.seconds
            elif now >= unread.until:
                self._cut(transport, "slow reader")
                continue
            total += left
            if read < PIECE and unread.looks > 1:
                slow.append((read, left, transport))
        for _, left, transport in sorted(slow, key=lambda one: one[0]):
            if total <= self.most:
                break
            self._cut(transport, "memory for answers")
            total -= left

    def _cut(self, transport: asyncio.Transport, reason: str) -> None:
        self.discard(transport)
        metrics.cut_off(reason)
        log.info("a client was cut off", extra={"reason": reason})
        transport.abort()
