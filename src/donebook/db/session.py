"""How statements are executed: one place, so that it can change in one place."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg
from asyncpg.exceptions import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from donebook.db.statement import Statement
from donebook.problems import DATABASE_ERRORS, from_database, sqlstate

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

    The statement goes straight to the driver's connection, outside any transaction; SQLAlchemy keeps the pool. The
    connection is back in it before this returns: nothing holds one while an answer is being written.

    Raises:
        Problem: the honest answer to whatever the database said (see `donebook.problems`).
    """
    sql, arguments, sent = statement.sql, statement.arguments(values), False

    def execute() -> list[Row]:
        nonlocal sent
        pooled = engine.sync_engine.raw_connection()
        try:
            driver = cast("asyncpg.Connection[Row]", pooled.driver_connection)
            sent = True
            return await_only(driver.fetch(sql, *arguments, record_class=Row))
        except PostgresError:
            raise  # the server's own word: the connection is as good as it was
        except BaseException:
            pooled.driver_connection.terminate()  # type: ignore[union-attr]  # whatever is under way, nobody waits for it
            raise
        finally:
            pooled.close()

    try:
        return cast("Sequence[Model]", await greenlet_spawn(execute))
    except DATABASE_ERRORS as error:
        problem = from_database(error, writing=sent and statement.writes)
        # The message of a database error can quote what people wrote, so only its names are logged.
        log.warning(problem.title(), extra={"error": type(error).__name__, "sqlstate": sqlstate(error)})
        raise problem from error
