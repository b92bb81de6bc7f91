"""All tasks at one moment, and the place in the log that belongs to it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from sqlalchemy import Integer, select
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook import deadline
from donebook.answers import encoded
from donebook.changes.cursor import Cursor
from donebook.db.caller import Caller
from donebook.db.diagnosis import diagnose
from donebook.db.errors import DATABASE_ERRORS
from donebook.db.patience import LAST_WORD, Outage, Patience
from donebook.db.reading import reading
from donebook.db.statement import WORKSPACE, Statement, given, mine
from donebook.problems import Busy
from donebook.tasks.models import Task
from donebook.tasks.shape import shape

LOG = "SELECT epoch, head FROM logs WHERE workspace_id = $1"
NEXT = Statement[Task](
    select(Task)
    .where(mine(Task), Task.position > given("after"))
    .order_by(Task.position)
    .limit(given("limit", Integer))
)
FEWEST, MOST = 20, 1000  # tasks in a piece
SMALL, LARGE = 100_000, 500_000  # bytes: smaller pieces make the next one larger, and the other way round
encode = msgspec.json.Encoder().encode


class Snapshots:
    """Takes snapshots, and no more at a time than leave the other half of the pool to other requests."""

    def __init__(self, pool_size: int) -> None:
        self.places = asyncio.Semaphore(max(1, pool_size // 2))

    async def take(self, engine: AsyncEngine, caller: Caller) -> tuple[bytes, AsyncGenerator[bytes]]:
        """A snapshot as JSON: the first piece, and the others as they are asked for.

        They all come from one transaction, which is open until they are closed.

        Raises:
            Problem: when there is not even a first one.
        """
        outage: Outage = engine.get_execution_options()["outage"]
        patience = Patience(outage, writes=False, keyed=False)
        while True:
            pieces = self._pieces(engine, caller)
            try:
                async with asyncio.timeout(patience.left):
                    return await anext(pieces), pieces
            except DATABASE_ERRORS as error:
                problem = await diagnose(engine, error, writing=False, seconds=patience.left)
                pause = patience.again(problem)
                if pause is None:
                    raise problem from error
            await asyncio.sleep(pause)

    async def _pieces(self, engine: AsyncEngine, caller: Caller) -> AsyncGenerator[bytes]:
        async with self._place(), reading(engine) as driver:
            [log] = await driver.fetch(LOG, caller.workspace)
            piece = b'{"cursor":%b,"tasks":[' % encode(str(Cursor(log["epoch"], log["head"])))
            after, limit, between = "", FEWEST, b""
            while True:
                values = {WORKSPACE: caller.workspace, "after": after, "limit": limit}
                tasks: list[Task] = await driver.fetch(NEXT.sql, *NEXT.arguments(values))  # type: ignore[assignment]
                if tasks:
                    piece += between + (await encoded(tasks, shape))[1:-1]
                    after, between = tasks[-1].position, b","
                if len(tasks) < limit:
                    break
                yield piece
                limit = _next(limit, len(piece))
                piece = b""
        yield piece + b"]}"

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadline.remaining() - 2 * LAST_WORD):
                await self.places.acquire()
        except TimeoutError:
            raise Busy from None
        try:
            yield
        finally:
            self.places.release()


def _next(limit: int, size: int) -> int:
    if size < SMALL:
        return min(2 * limit, MOST)
    return max(limit // 2, FEWEST) if size > LARGE else limit
