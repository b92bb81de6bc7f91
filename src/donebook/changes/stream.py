"""One who follows the log: every change behind a place, once and in order, for as long as anybody listens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any
from uuid import UUID

from donebook import metrics
from donebook.changes.cursor import Cursor
from donebook.changes.hub import Hub
from donebook.changes.ring import Ring, event
from donebook.problems import Problem

HEARTBEAT = 15.0  # s without an event, after which there is a comment
AGAIN = 1000  # ms: when a client that lost its stream should come back
AT_ONCE = 60_000  # bytes of events that are sent together
COMMENT = b":\n\n"


async def follow(
    hub: Hub, workspace: UUID, place: Cursor, drop: Callable[[], None], *, named: bool
) -> AsyncGenerator[bytes]:
    """Pieces of a stream of events. It ends when the place means nothing any more, or when the server stops.

    A client that did not name the place is told it first, by an event without data, so that it can come back to it if
    it loses the stream before the first change.
    """
    seq, sent = place.seq, monotonic()
    told = b"" if named else b"id: %b\n" % str(place).encode()
    async with hub.following(workspace, drop) as ring:
        yield b"retry: %d\n%b\n" % (AGAIN, told)  # a whole event in any case: it says that the stream is open
        while not ring.over and ring.epoch in (None, place.epoch):
            changed = ring.changed
            found = here = ring.after(seq, AT_ONCE)
            if here is None:
                # It may take long, in an outage: others who are behind wait as well, a few read at a time.
                async with _reading(_behind(hub, ring, workspace, Cursor(place.epoch, seq))) as reading:
                    while not (await asyncio.wait({reading}, timeout=sent + HEARTBEAT - monotonic()))[0]:
                        yield COMMENT
                        sent = monotonic()
                    found = reading.result()
            if found is None:
                return
            events, last = found
            if events:
                yield events
                metrics.EVENTS.inc(last - seq)
                seq, sent = last, monotonic()
                continue
            if here is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(sent + HEARTBEAT - monotonic()):
                        await changed.wait()
            if monotonic() - sent >= HEARTBEAT:
                yield COMMENT
                sent = monotonic()


@asynccontextmanager
async def _reading[Found](work: Coroutine[Any, Any, Found]) -> AsyncIterator[asyncio.Task[Found]]:
    """The work, begun; given up when nobody waits for it any more."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()


async def _behind(hub: Hub, ring: Ring, workspace: UUID, place: Cursor) -> tuple[bytes, int] | None:
    """Events that the ring does not have any more; None when the log does not have them either."""
    try:
        page = await hub.page(workspace, place.seq)
    except Problem:  # the database is away: it is read again when it may be back
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await ring.changed.wait()
        return b"", place.seq
    if page is None or page.epoch != place.epoch or not page.forgotten <= place.seq <= page.head:
        return None
    blocks = [event(page.epoch, change, hub.entities) for change in page.changes]
    return b"".join(blocks), page.changes[-1]["seq"] if page.changes else place.seq
