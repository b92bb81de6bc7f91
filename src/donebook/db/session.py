"""How statements are executed: one place, so that it can change in one place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, cast
from uuid import UUID

import asyncpg
from asyncpg.exceptions import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry as Entry
from sqlalchemy.util import await_only, greenlet_spawn

from donebook import tracing
from donebook.db.bell import bell_of
from donebook.db.caller import Caller
from donebook.db.diagnosis import diagnose
from donebook.db.errors import DATABASE_ERRORS, sqlstate
from donebook.db.patience import Outage, Patience
from donebook.db.pool import Pool, pool_of
from donebook.db.rows import Row
from donebook.db.statement import WORKSPACE, Statement
from donebook.problems import KeyUsed, NotReady, OutcomeUnknown, Problem, TooSlow, Unavailable

log = logging.getLogger("donebook.database")

CANCELLING = 2.0  # s: for telling the server to stop, before the connection is closed regardless


type Driver = asyncpg.Connection[Row]
type Work[Result] = Callable[[Driver, Attempt], Awaitable[Result]]


class Attempt:
    """How far one attempt at a unit of work has come."""

    begun = False
    """Whether the server was asked for anything: if nobody waits any more, it has to be told."""
    deciding = False
    """Whether a lost answer would leave it open what happened."""
    given_up = False

    def __init__(self, until: float, longest: float) -> None:
        self.until = until
        self.longest = longest

    @property
    def remaining(self) -> float:
        """Seconds for all that is still to be done."""
        return max(0.001, self.until - monotonic())

    @property
    def left(self) -> float:
        """Seconds that one statement may take."""
        return min(self.longest, self.remaining)


async def run[Model](
    engine: AsyncEngine, statement: Statement[Model], values: Mapping[str, Any], caller: Caller
) -> Sequence[Model]:
    """The rows that one statement gives, which has committed by itself when they are here.

    What is safe to try again is tried again, for as long as the request has time (see `donebook.db.patience`).

    Raises:
        Problem: the honest answer to whatever the database said (see `donebook.db.errors`).
    """
    values = {**values, WORKSPACE: caller.workspace}
    sql, arguments = statement.sql, statement.arguments(values)
    if statement.writes:
        sql = statement.announced
        arguments += [caller.workspace, caller.setting(quiet=statement.quiet)]
    rows = await fetch(engine, sql, arguments, name=statement.sql, writes=statement.writes)
    if statement.writes and rows:
        tell(engine, caller.workspace, followed=bool(rows[0]["followed"]))
    return cast("Sequence[Model]", rows)


def tell(engine: AsyncEngine, workspace: UUID, *, followed: bool) -> None:
    """Have those who follow a workspace know that it has changed; `followed`: whether there may be any elsewhere."""
    bell_of(engine).ring(workspace, partial(_tell, engine), followed=followed)


async def _tell(engine: AsyncEngine, sql: str, arguments: list[Any]) -> list[Row]:
    return await fetch(engine, sql, arguments, name=sql, writes=False)


async def fetch(
    engine: AsyncEngine,
    sql: str,
    arguments: list[Any] | Callable[[], list[Any]],
    *,
    name: str,
    writes: bool,
    keyed: bool = False,
) -> list[Row]:
    """The rows of a statement; see `persist`. Arguments may be worked out anew for each attempt."""
    pooled = engine.get_execution_options()["target"].pooled

    async def work(driver: Driver, attempt: Attempt) -> list[Row]:
        given = arguments() if callable(arguments) else arguments
        if not pooled:
            attempt.deciding = writes
            return await driver.fetch(sql, *given, timeout=attempt.left)
        # A pooler may have no connection of the database for us, and says so before anything is executed. Without its
        # cache asyncpg prepares each statement before it executes it anyway: these are its own two steps.
        statement = await driver.prepare(sql, timeout=attempt.left)
        attempt.deciding = writes
        return await statement.fetch(*given, timeout=attempt.left)

    return await persist(engine, work, name, writes=writes, keyed=keyed)


async def persist[Result](
    engine: AsyncEngine, work: Work[Result], name: str, *, writes: bool, keyed: bool = False
) -> Result:
    """Do a unit of work, again and again where that is safe, and say what came of it.

    Args:
        engine: whose pool to use.
        work: what to do with a connection; it commits by itself.
        name: the statement, or what traces call it.
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
            if tracing.off():
                result = await _Execution(engine, work).result(patience.left)
            else:
                with tracing.statement(name):
                    result = await _Execution(engine, work).result(patience.left)
        except Problem as problem:
            if isinstance(problem, OutcomeUnknown):
                unknown = problem
            if type(problem) is Unavailable:
                outage.begin()
            pause = patience.again(problem) if problem.__cause__ else None  # else it is ours: a rule that was broken
            if pause is None and unknown is not None and not isinstance(problem, KeyUsed):
                raise unknown from problem  # an attempt that failed says nothing about the one before it
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            outage.end()
            return result


class _Execution[Result]:
    """One attempt, on the driver's own connection; the pool is SQLAlchemy's, with a short way (see `donebook.db.pool`).

    A request that can wait no longer leaves nothing half done: a connection that is still being opened goes to the pool
    for the next one, and a statement that was sent is cancelled on the server before its connection is closed. Else the
    connection is back in the pool before the rows are here.
    """

    def __init__(self, engine: AsyncEngine, work: Work[Result]) -> None:
        self.engine = engine
        self.work = work

    async def result(self, seconds: float) -> Result:
        """What the work gives.

        Raises:
            Problem: what the database said, or that it said nothing in time.
        """
        self.attempt = Attempt(monotonic() + seconds, self.engine.get_execution_options()["patient"])
        pool = pool_of(self.engine)
        try:
            entry = pool.take() or await pool.wait(seconds)
            if entry is not None:
                return await self._on(pool, entry)
            return await self._on_another(self.attempt.remaining)
        except DATABASE_ERRORS as error:
            problem = await self._problem(error)
            _note(problem, error)
            raise problem from error

    async def _on(self, pool: Pool, entry: Entry) -> Result:
        """What the work gives on a connection that was open and idle."""
        driver = cast("Driver", entry.driver_connection)
        self.attempt.begun = True
        try:
            result = await self.work(driver, self.attempt)
        except BaseException as error:
            if _unhurt(driver, error):
                pool.give(entry)
            else:
                _leave(asyncio.ensure_future(_clear(pool, entry, driver)))
            raise
        pool.give(entry)
        return result

    async def _on_another(self, seconds: float) -> Result:
        """The same on one that SQLAlchemy opens or looks at first, in a task that is not given up with the request."""
        task = asyncio.ensure_future(greenlet_spawn(self._execute))
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(task)
        except BaseException:
            if not task.done():
                self.attempt.given_up = True
                if self.attempt.begun:
                    task.cancel()
                _leave(task)
            raise

    async def _problem(self, error: BaseException) -> Problem:
        if isinstance(error, TimeoutError) and self.attempt.begun and not self.attempt.deciding:
            return TooSlow()  # it was reached, and has not answered: no outage, as far as one statement can tell
        return await diagnose(self.engine, error, writing=self.attempt.deciding, seconds=self.attempt.remaining)

    def _execute(self) -> Result:
        pooled = self.engine.sync_engine.raw_connection()
        driver = cast("Driver", pooled.driver_connection)
        if self.attempt.given_up:
            pooled.close()
            raise asyncio.CancelledError
        try:
            self.attempt.begun = True
            return await_only(self.work(driver, self.attempt))
        except BaseException as error:
            if not _unhurt(driver, error):
                await_only(_close(driver))
            raise
        finally:
            pooled.close()


def _unhurt(driver: Driver, error: BaseException) -> bool:
    """Whether a connection is as good as it was: what was raised is the server's own word, or ours.

    But in a transaction that has failed, the next one's statements would be refused.
    """
    return isinstance(error, (PostgresError, Problem)) and not driver.is_in_transaction()


async def _clear(pool: Pool, entry: Entry, driver: Driver) -> None:
    try:
        await _close(driver)
    finally:
        pool.give(entry)


async def _close(driver: Driver) -> None:
    """End what the server is doing on a connection that is of no use any more.

    asyncpg tells the server to cancel, and waits until it has; `terminate` alone would leave it working.
    """
    await driver.close(timeout=CANCELLING)


ABANDONED: set[asyncio.Future[Any]] = set()
"""Attempts that nobody waits for any more, kept until they have ended."""


def _leave(task: asyncio.Future[Any]) -> None:
    ABANDONED.add(task)
    task.add_done_callback(_forget)


def _forget(task: asyncio.Future[Any]) -> None:
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
