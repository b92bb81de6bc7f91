"""How statements are executed: one place, so that it can change in one place."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Row, Select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from donebook.problems import DATABASE_ERRORS, PLAN_CHANGED, Problem, from_database, sqlstate

log = logging.getLogger("donebook.database")


async def run(
    session: AsyncSession, statement: Executable, parameters: dict[str, Any] | None = None
) -> Sequence[Row[Any]]:
    """The rows that one statement gives, which has committed by itself when they are here.

    The connection goes back to the pool before this returns: nothing holds one while an answer is being written.

    Raises:
        Problem: the honest answer to whatever the database said (see `donebook.problems`).
    """
    engine = session.bind
    assert isinstance(engine, AsyncEngine)  # noqa: S101 - sessions are made for engines only, in `donebook.asgi`
    try:
        return await _once(engine, statement, parameters)
    except Problem as problem:
        # A table changed under the prepared statement: nothing was executed, and the next attempt prepares it anew.
        if sqlstate(problem) != PLAN_CHANGED:
            raise
        return await _once(engine, statement, parameters)


async def _once(engine: AsyncEngine, statement: Executable, parameters: dict[str, Any] | None) -> Sequence[Row[Any]]:
    sent = False
    try:
        async with engine.connect() as connection:
            sent = True
            return (await connection.execute(statement, parameters)).all()
    except DATABASE_ERRORS as error:
        problem = from_database(error, writing=sent and not isinstance(statement, Select))
        # The message of a database error can quote what people wrote, so only its names are logged.
        log.warning(problem.title(), extra={"error": type(error).__name__, "sqlstate": sqlstate(error)})
        raise problem from error
