"""Asking the database how it is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db import migrations
from donebook.db.errors import DATABASE_ERRORS, distrust, from_database, sqlstate
from donebook.db.limits import Limits
from donebook.db.migrations import State
from donebook.db.patience import WHEN_KNOWN, Outage
from donebook.problems import Busy, NotReady, Problem, Unavailable

log = logging.getLogger("donebook.health")

PATIENCE = 5.0  # s: for the database; waiting for a connection to be free is not its fault and has its own limit


async def answers(engine: AsyncEngine) -> bool:
    """Whether the database answers; when all connections stay in use, whether it did when it was last asked.

    A busy server is not a sick one.
    """
    found = await _ask(engine, _select)
    return _outage(engine).first is None if type(found) is Busy else found is True


async def readiness(engine: AsyncEngine) -> State | Problem:
    """How the database stands to this version, or what keeps it from saying so, or from being used.

    `Busy` when it could not be asked, since all connections stay in use.
    """
    found = await _ask(engine, _look)
    if type(found) is Busy and _outage(engine).first is not None:
        return Unavailable()
    if isinstance(found, NotReady):
        log.error(found.detail)
    return found


async def _ask[Answer](engine: AsyncEngine, question: Callable[[AsyncEngine], Awaitable[Answer]]) -> Answer | Problem:
    """The answer, or what kept it away."""
    limits: Limits = engine.get_execution_options()["limits"]
    patience = WHEN_KNOWN if _outage(engine).known else PATIENCE
    try:
        async with asyncio.timeout(limits.pool_timeout + patience):
            return await question(engine)
    except PoolTimeout:
        return Busy()
    except DATABASE_ERRORS as error:
        problem = from_database(error, writing=False)
        if not isinstance(problem, NotReady):
            return problem
        why = distrust(error)
        return NotReady(f"Donebook refuses the database: {why}") if why else _refused(_why(error))


async def _select(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return True


async def _look(engine: AsyncEngine) -> State | Problem:
    revision = await migrations.current_revision(engine)
    state = migrations.state(revision)
    if state is State.TOO_OLD and (why := migrations.refusal(revision)):
        return NotReady(why[0].upper() + why[1:])
    if state is State.CURRENT and (lack := await migrations.lack(engine)):
        return _refused(lack)
    return state


def _outage(engine: AsyncEngine) -> Outage:
    outage: Outage = engine.get_execution_options()["outage"]
    return outage


def _refused(why: str) -> NotReady:
    return NotReady(f"The database refuses Donebook: {why}")


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
