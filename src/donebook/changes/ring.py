"""The latest changes of one workspace, as events that are ready to be sent: one copy for all who follow it."""

import asyncio
from uuid import UUID

import msgspec

from donebook.changes.cursor import Cursor
from donebook.changes.feed import Entities, Page, shape

MOST = 2_000_000  # bytes of events that are kept
BREAKS = tuple((mark.encode(), f"\\u{ord(mark):04x}".encode()) for mark in "\x85\u2028\u2029")
"""Ends of lines to some clients, though not to the standard; JSON can say them without being any."""
encode = msgspec.json.Encoder().encode


class Ring:
    """What stands between `start` and `head`, the numbers of the change before the first and of the last one here.

    Who has seen less than `start` reads the log itself until he comes to what is here.
    """

    def __init__(self) -> None:
        self.followers = 0
        self.epoch: UUID | None = None  # until the log was first read
        self.start = 0
        self.head = 0
        self.over = False
        """Whether numbers mean something else from now on, or nobody reads on: who follows has to begin anew."""
        self.leased = float("-inf")
        """When those who write were last told that somebody follows, by the monotonic clock."""
        self.lease: object = None
        """Until when they believe it."""
        self.changed = asyncio.Event()
        self._events: list[bytes] = []
        self._size = 0
        self._erasures = 0

    def take(self, page: Page, entities: Entities) -> bool:
        """Take in what the log says behind `head`; whether there is more to read."""
        if self.epoch is None:
            self.epoch, self.start, self.head, self._erasures = page.epoch, page.head, page.head, page.erasures
            self.wake()
            return False
        if page.epoch != self.epoch or not page.forgotten <= self.head <= page.head:
            self.end()
            return False
        if page.erasures != self._erasures:
            # Something was deleted for good: what was told of it is gone from the log, and must not be kept here.
            self._events.clear()
            self._size, self.start, self._erasures = 0, self.head, page.erasures
        if page.changes:
            for change in page.changes:
                block = event(page.epoch, change, entities)
                self._events.append(block)
                self._size += len(block)
            self.head = page.changes[-1]["seq"]
            self._trim()
            self.wake()
        return self.head < page.head

    def after(self, seq: int, most: int) -> tuple[bytes, int] | None:
        """The events behind a number, about so many bytes, and the number of the last; None when they are not here."""
        if self.epoch is None or seq >= self.head:
            return b"", seq
        if seq < self.start:
            return None
        blocks, size, place = [], 0, seq - self.start
        while place < len(self._events) and size < most:
            blocks.append(self._events[place])
            size += len(blocks[-1])
            place += 1
        return b"".join(blocks), self.start + place

    def wake(self) -> None:
        """Have everybody look."""
        self.changed.set()
        self.changed = asyncio.Event()

    def end(self) -> None:
        """End it for everybody."""
        self.over = True
        self.wake()

    def _trim(self) -> None:
        dropped = 0
        while self._size > MOST and dropped < len(self._events) - 1:
            self._size -= len(self._events[dropped])
            dropped += 1
        del self._events[:dropped]
        self.start += dropped


def event(epoch: UUID, change: object, entities: Entities) -> bytes:
    """A change as an event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    told = shape(change, entities)
    data = encode(told)
    for mark, escaped in BREAKS:
        data = data.replace(mark, escaped)
    return b"id: %b\ndata: %b\n\n" % (str(Cursor(epoch, told.seq)).encode(), data)
