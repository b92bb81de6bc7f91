"""Telling a database that lacks a migration from a mistake in a statement of ours: both are errors of class 42."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.errors import DATABASE_ERRORS, MISSING, from_database, sqlstate
from donebook.problems import Problem, ServerError


async def diagnose(engine: AsyncEngine, error: BaseException, *, writing: bool, seconds: float) -> Problem:
    """The problem that a database error amounts to; the database is asked when only its schema can tell.

    Args:
        engine: of the database.
        error: what it said.
        writing: whether a write had been sent (see `donebook.db.errors`).
        seconds: for asking.
    """
    problem = from_database(error, writing=writing)
    if sqlstate(error) in MISSING and await _complete(engine, seconds):
        return ServerError()
    return problem


async def _complete(engine: AsyncEngine, seconds: float) -> bool:
    """Whether the database has all that this version needs; False when it does not say so in time."""
    from donebook.db import migrations  # noqa: PLC0415 - which imports the engine, which imports this

    try:
        async with asyncio.timeout(seconds):
            if migrations.state(await migrations.current_revision(engine)) is not migrations.State.CURRENT:
                return False
            return await migrations.lack(engine) is None
    except DATABASE_ERRORS:
        return False
