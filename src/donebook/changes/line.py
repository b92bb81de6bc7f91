"""The ways to the database of those who read the log for others."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook import deadline, metrics
from donebook.db.bell import CHANNEL, Tell, bell_of
from donebook.db.engine import open_direct
from donebook.db.errors import DATABASE_ERRORS
from donebook.db.session import Driver, fetch

log = logging.getLogger("donebook.changes")

ANSWER = 5.0  # s: a database that takes longer has gone
PAUSES = (0.05, 1.0)  # s: before the next attempt to connect, the first and the longest


class OwnLine:
    """A connection past any pooler, which is opened in the background, and opened anew whenever it is lost."""

    ask: Tell | None = None
    """How to execute a statement on it, while it is there."""

    def __init__(self, engine: AsyncEngine, heard: Callable[[UUID], object], moved: Callable[[], object]) -> None:
        self._engine = engine
        self._bell = bell_of(engine)
        self._heard = heard
        self._moved = moved
        self._connection: Driver | None = None
        self._lost = asyncio.Event()
        self._pause = PAUSES[0]

    def lost(self) -> None:
        """Let go of it: it has failed."""
        self._set(None)
        self._lost.set()

    async def keep(self) -> None:
        """Open it, for as long as that takes on a slow line, and open it again when it is lost, until cancelled."""
        while True:
            try:
                await self._use(await open_direct(self._engine))
            except DATABASE_ERRORS as error:
                log.debug("no connection for those who follow", extra={"error": type(error).__name__})
            metrics.RECONNECTS.inc()
            self._moved()
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, PAUSES[1])

    async def close(self) -> None:
        """Take leave of the database."""
        connection, self._connection = self._connection, None
        self._set(None)
        if connection is not None:
            with suppress(*DATABASE_ERRORS):
                await connection.close(timeout=ANSWER)

    async def _use(self, connection: Driver) -> None:
        one_at_a_time = asyncio.Lock()

        async def ask(sql: str, arguments: list[Any]) -> Any:
            async with one_at_a_time:
                rows = await connection.fetch(sql, *arguments, timeout=ANSWER)
            self._pause = PAUSES[0]
            return rows

        def hear(_connection: object, pid: int, _channel: str, workspace: object) -> None:
            if pid != connection.get_server_pid():  # our own word is no news
                self._heard(UUID(str(workspace)))

        try:
            await asyncio.wait_for(connection.add_listener(CHANNEL, hear), ANSWER)
            self._connection = connection
            self._set(ask)
            self._lost.clear()
            self._moved()
            await self._lost.wait()
        finally:
            self._connection = None
            self._set(None)
            connection.terminate()

    def _set(self, ask: Tell | None) -> None:
        self.ask = self._bell.line = ask


@asynccontextmanager
async def own_line(
    engine: AsyncEngine, heard: Callable[[UUID], object], moved: Callable[[], object]
) -> AsyncIterator[OwnLine]:
    """A connection of our own, as far as there can be one.

    Args:
        engine: whose database.
        heard: called when there is word of a change in a workspace.
        moved: called when the connection has come, has gone, or could not be opened.
    """
    line = OwnLine(engine, heard, moved)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(line.keep())
        yield line
        await line.close()
        keeping.cancel()


def pool_line(engine: AsyncEngine) -> Tell:
    """The way that requests take."""

    async def ask(sql: str, arguments: list[Any]) -> Any:
        deadline.start(ANSWER)
        return await fetch(engine, sql, arguments, name=sql, writes=False)

    return ask
