"""Asking the database how it is."""

import asyncio
import logging

from sqlalchemy import select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db import migrations
from donebook.db.migrations import State
from donebook.db.models import Base
from donebook.problems import DATABASE_ERRORS, NotReady, Problem, distrust, from_database, sqlstate

log = logging.getLogger("donebook.health")

PATIENCE = 5.0  # s


async def answers(engine: AsyncEngine) -> bool:
    """Whether the database answers. That all connections are in use is a busy server, not a sick one."""
    try:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except PoolTimeout:
        return True
    except DATABASE_ERRORS:
        return False
    return True


async def readiness(engine: AsyncEngine) -> State | Problem:
    """How the database stands to this version, or what keeps it from saying so, or from being used."""
    try:
        async with asyncio.timeout(PATIENCE):
            state = await migrations.state(engine)
            if state is State.CURRENT:
                await _look_for_everything(engine)
            return state
    except PoolTimeout:
        return State.CURRENT
    except DATABASE_ERRORS as error:
        problem = from_database(error, writing=False)
        if isinstance(problem, NotReady):
            why = distrust(error)
            words = f"Donebook refuses the database: {why}" if why else f"The database refuses Donebook: {_why(error)}"
            problem = NotReady(words)
            log.error(problem.detail)  # noqa: TRY400 - a traceback would quote the database
        return problem


async def _look_for_everything(engine: AsyncEngine) -> None:
    """Ask for every column that the models know, and for no row."""
    async with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            await connection.execute(select(*table.columns).limit(0))


def _why(error: BaseException) -> str:
    """What a SQLSTATE means here (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
    code = sqlstate(error) or ""
    reasons = {
        "28": "wrong user or password",
        "3D": "there is no such database",
        "42501": "its role lacks privileges",
        "42": "a table or column is missing",
    }
    reason = next((reason for begin, reason in reasons.items() if code.startswith(begin)), "it is not as expected")
    return f"{reason} (SQLSTATE {code})"
