"""SQLAlchemy's pool, with a way to take an idle connection that costs next to nothing.

SQLAlchemy's own way makes a greenlet, two wrappers and a handful of events for each statement, which together cost more
than the statement. That way is left for what it is good at: opening connections, and asking those that were idle for
long whether they still live.
"""

import asyncio
import time
from collections import deque
from typing import Any, cast

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.pool import ConnectionPoolEntry as Entry
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import Empty

PING_AFTER = 30.0  # s: a connection that lay idle for longer is asked whether it is still there


class Pool(AsyncAdaptedQueuePool):
    """Connections; the one that was used last is used next. Who has to wait is served in the order of coming.

    Nobody waits while a connection is idle, or while one more may be opened.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: deque[asyncio.Future[Entry | None]] = deque()

    def take(self) -> Entry | None:
        """An idle connection that needs no looking at first, or None. To be given back."""
        return self._ready(self._idle())

    async def wait(self, seconds: float) -> Entry | None:
        """The same, when all that there may be are in use; None when SQLAlchemy has to open, or to look at one.

        Raises:
            PoolTimeout: when none is free in time.
        """
        if self.overflow() < 0 or self.checkedin():
            return None
        return self._ready(await self._turn(min(self._timeout, seconds)))

    def give(self, entry: Entry) -> None:
        """Take back a connection."""
        entry.info["idle_since"] = time.monotonic()
        self._do_return_conn(entry)

    def _ready(self, entry: Entry | None) -> Entry | None:
        if entry is None or self._usable(entry):
            return entry
        super()._do_return_conn(entry)  # not to the next who waits: SQLAlchemy looks at it now
        return None

    def _usable(self, entry: Entry) -> bool:
        driver = entry.driver_connection
        opened: float = cast("Any", entry).starttime  # SQLAlchemy's own recycling looks at it
        return (
            driver is not None
            and not driver.is_closed()
            and time.monotonic() - entry.info.get("idle_since", 0.0) <= PING_AFTER
            and time.time() - opened < self._recycle
        )

    def _idle(self) -> Entry | None:
        try:
            return self._pool.get(False)
        except Empty:
            return None

    async def _turn(self, seconds: float) -> Entry | None:
        """A connection that was given back, or None when there is room for one more now."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Entry | None] = loop.create_future()
        self._waiting.append(turn)
        limit = loop.call_later(seconds, _too_late, turn, PoolTimeout(f"all {self.size()} connections are in use"))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())
            raise
        finally:
            limit.cancel()

    def _pass_on(self, entry: Entry | None) -> None:
        if entry is not None:
            self._do_return_conn(entry)
        elif (turn := self._next()) is not None:
            turn.set_result(None)

    def _next(self) -> asyncio.Future[Entry | None] | None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                return turn
        return None

    def _do_get(self) -> Entry:
        """SQLAlchemy's own way, within one of its greenlets."""
        while True:
            if (entry := self._idle()) is not None:
                return entry
            if self._inc_overflow():
                try:
                    return self._create_connection()
                except BaseException:
                    self._dec_overflow()
                    raise
            if (entry := await_only(self._turn(self._timeout))) is not None:
                return entry

    def _do_return_conn(self, record: Entry) -> None:
        turn = self._next()
        if turn is None:
            super()._do_return_conn(record)
        else:
            turn.set_result(record)

    def _dec_overflow(self) -> Any:
        """One connection fewer: whoever waits longest may open another."""
        super()._dec_overflow()
        self._pass_on(None)
        return True


def pool_of(engine: AsyncEngine) -> Pool:
    """The pool of an engine that `donebook.db.engine` made."""
    return cast("Pool", engine.sync_engine.pool)


def _too_late(turn: "asyncio.Future[Entry | None]", error: Exception) -> None:
    if not turn.done():
        turn.set_exception(error)
