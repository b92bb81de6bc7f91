"""How statements are executed: one place, so that it can change in one place."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg
from asyncpg.exceptions import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from donebook import tracing
from donebook.db.patience import Outage, Patience
from donebook.db.rows import Row
from donebook.db.statement import Statement
from donebook.problems import (
    DATABASE_ERRORS,
    KeyUsed,
    NotReady,
    OutcomeUnknown,
    Problem,
    TooSlow,
    Unavailable,
    from_database,
    sqlstate,
)

log = logging.getLogger("donebook.database")

CANCELLING = 2.0  # s: for telling the server to stop, before the connection is closed regardless


async def run[Model](engine: AsyncEngine, statement: Statement[Model], values: Mapping[str, Any]) -> Sequence[Model]:
    """The rows that one statement gives, which has committed by itself when they are here.

    What is safe to try again is tried again, for as long as the request has time (see `donebook.db.patience`).

    Raises:
        Problem: the honest answer to whatever the database said (see `donebook.problems`).
    """
    sql, arguments = statement.sql, statement.arguments(values)
    rows = await persist(engine, sql, arguments, writes=statement.writes, keyed=False)
    return cast("Sequence[Model]", rows)


async def persist(engine: AsyncEngine, sql: str, arguments: list[Any], *, writes: bool, keyed: bool) -> list[Row]:
    """Execute a statement, again and again where that is safe, and say what came of it.

    Args:
        engine: whose pool to use.
        sql: the statement.
        arguments: its values, in order.
        writes: whether a lost answer leaves it open what happened.
        keyed: whether a second execution does nothing but say what the first one did.
    """
    outage: Outage = engine.get_execution_options()["outage"]
    patience = Patience(outage, writes=writes, keyed=keyed)
    unknown: OutcomeUnknown | None = None
    if patience.left <= 0:
        raise TooSlow  # the body took all the time there was: that says nothing about the database
    while True:
        try:
            with tracing.statement(sql):
                rows = await _Execution(engine, sql, arguments, writes=writes).result(patience.left)
        except Problem as problem:
            if isinstance(problem, OutcomeUnknown):
                unknown = problem
            if type(problem) is Unavailable:
                outage.begin()
            pause = patience.again(problem)
            if pause is None and unknown is not None and not isinstance(problem, KeyUsed):
                raise unknown from problem  # an attempt that failed says nothing about the one before it
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            outage.end()
            return rows


class _Execution:
    """One attempt, on the driver's own connection and outside any transaction; SQLAlchemy keeps the pool.

    It is a task of its own, so that a request that can wait no longer leaves nothing half done: a connection that is
    still being opened goes to the pool for the next one, and a statement that was sent is cancelled on the server
    before its connection is closed. Else the connection is back in the pool before the rows are here.
    """

    def __init__(self, engine: AsyncEngine, sql: str, arguments: list[Any], *, writes: bool) -> None:
        self.engine = engine
        self.pooled = engine.get_execution_options()["target"].pooled
        self.sql = sql
        self.arguments = arguments
        self.writes = writes
        self.sent = False  # whether the database may be at work for us
        self.executed = False  # whether it may be done
        self.given_up = False

    async def result(self, seconds: float) -> list[Row]:
        """The rows.

        Raises:
            Problem: what the database said, or that it said nothing in time.
        """
        task = asyncio.ensure_future(greenlet_spawn(self._execute))
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(task)
        except DATABASE_ERRORS as error:
            self._give_up(task)
            problem = self._problem(error)
            _note(problem, error)
            raise problem from error
        except asyncio.CancelledError:
            self._give_up(task)
            raise

    def _problem(self, error: BaseException) -> Problem:
        writing = self.executed and self.writes
        if isinstance(error, TimeoutError) and self.sent and not writing:
            return TooSlow()  # it was reached, and has not answered: no outage, as far as one statement can tell
        return from_database(error, writing=writing)

    def _give_up(self, task: asyncio.Future[list[Row]]) -> None:
        if task.done():
            return
        self.given_up = True
        if self.sent:
            task.cancel()
        ABANDONED.add(task)
        task.add_done_callback(_forget)

    def _execute(self) -> list[Row]:
        pooled = self.engine.sync_engine.raw_connection()
        driver = cast("asyncpg.Connection[Row]", pooled.driver_connection)
        try:
            if self.given_up:
                return []
            self.sent = True
            return await_only(self._fetch(driver))
        except PostgresError:
            raise  # the server's own word: the connection is as good as it was
        except BaseException:
            # asyncpg tells the server to cancel, and waits until it has; terminate() alone would leave it working.
            await_only(driver.close(timeout=CANCELLING))
            raise
        finally:
            pooled.close()

    async def _fetch(self, driver: "asyncpg.Connection[Row]") -> list[Row]:
        """The rows. A pooler may have no connection of the database for us; it says so before anything is executed.

        Without its cache asyncpg prepares each statement before it executes it anyway: these are its own two steps.
        """
        if not self.pooled:
            self.executed = True
            return await driver.fetch(self.sql, *self.arguments)
        statement = await driver.prepare(self.sql)
        self.executed = True
        return await statement.fetch(*self.arguments)


ABANDONED: set[asyncio.Future[list[Row]]] = set()
"""Attempts that nobody waits for any more, kept until they have ended."""


def _forget(task: asyncio.Future[list[Row]]) -> None:
    ABANDONED.discard(task)
    if not task.cancelled():
        task.exception()


def _note(problem: Problem, error: BaseException) -> None:
    """Log what went wrong by its names only: the message of a database error can quote what people wrote.

    That the database cannot be reached is logged once an outage, where the outage is kept.
    """
    level = logging.ERROR if isinstance(problem, NotReady) else logging.WARNING
    if type(problem) is Unavailable or problem.status < 500:
        level = logging.DEBUG
    log.log(level, problem.title(), extra={"error": type(error).__name__, "sqlstate": sqlstate(error)})
