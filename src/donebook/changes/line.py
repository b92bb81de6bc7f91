"""The ways to the database of those who read the log for others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook import deadline
from donebook.db.bell import CHANNEL, Tell, bell_of
from donebook.db.engine import open_direct
from donebook.db.session import fetch

ANSWER = 5.0  # s: a database that takes longer has gone


@asynccontextmanager
async def own_line(
    engine: AsyncEngine, heard: Callable[[UUID], object], *, seconds: float | None
) -> AsyncIterator[Tell]:
    """A connection of our own, past any pooler; `heard` is called when there is word of a change in a workspace.

    `seconds` is how long it may take to open it, if less than for any other.
    """
    connection = await open_direct(engine, seconds=seconds)
    bell = bell_of(engine)
    one_at_a_time = asyncio.Lock()

    async def ask(sql: str, arguments: list[Any]) -> Any:
        async with one_at_a_time:
            return await connection.fetch(sql, *arguments, timeout=ANSWER)

    def hear(_connection: object, pid: int, _channel: str, workspace: object) -> None:
        if pid != connection.get_server_pid():  # our own word is no news
            heard(UUID(str(workspace)))

    try:
        await asyncio.wait_for(connection.add_listener(CHANNEL, hear), ANSWER)
        bell.line = ask
        yield ask
        bell.line = None
        await connection.close(timeout=ANSWER)
    finally:
        bell.line = None
        connection.terminate()


def pool_line(engine: AsyncEngine) -> Tell:
    """The way that requests take."""

    async def ask(sql: str, arguments: list[Any]) -> Any:
        deadline.start(ANSWER)
        return await fetch(engine, sql, arguments, name=sql, writes=False)

    return ask
