"""How statements are executed: one place, so that it can change in one place."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg
from asyncpg.exceptions import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from donebook.db.patience import Outage, Patience
from donebook.db.statement import Statement
from donebook.problems import DATABASE_ERRORS, Problem, Unavailable, from_database, sqlstate

log = logging.getLogger("donebook.database")


class Row(asyncpg.Record):
    """A row whose members are also attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


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
    while True:
        try:
            rows = await _once(engine, sql, arguments, writes=writes, seconds=patience.left)
        except Problem as problem:
            if type(problem) is Unavailable:
                outage.begin()
            pause = patience.again(problem)
            if pause is None:
                raise
            await asyncio.sleep(pause)
        else:
            outage.end()
            return rows


async def _once(engine: AsyncEngine, sql: str, arguments: list[Any], *, writes: bool, seconds: float) -> list[Row]:
    """Execute a statement on the driver's own connection, outside any transaction; SQLAlchemy keeps the pool.

    The connection is back in it before this returns: nothing holds one while an answer is being written.
    """
    sent = False

    def execute() -> list[Row]:
        nonlocal sent
        pooled = engine.sync_engine.raw_connection()
        driver = cast("asyncpg.Connection[Row]", pooled.driver_connection)
        try:
            sent = True
            return await_only(driver.fetch(sql, *arguments, record_class=Row))
        except PostgresError:
            raise  # the server's own word: the connection is as good as it was
        except BaseException:
            driver.terminate()  # whatever is under way, nobody waits for it
            raise
        finally:
            pooled.close()

    try:
        async with asyncio.timeout(seconds):
            return await greenlet_spawn(execute)
    except DATABASE_ERRORS as error:
        problem = from_database(error, writing=sent and writes)
        # The message of a database error can quote what people wrote, so only its names are logged.
        level = logging.WARNING if problem.status >= 500 else logging.DEBUG
        log.log(level, problem.title(), extra={"error": type(error).__name__, "sqlstate": sqlstate(error)})
        raise problem from error
