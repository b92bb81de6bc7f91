"""Asking the database how it is."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db import migrations
from donebook.db.migrations import State
from donebook.problems import DATABASE_ERRORS

PATIENCE = 5.0  # s


async def answers(engine: AsyncEngine) -> bool:
    """Whether the database answers."""
    try:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except DATABASE_ERRORS:
        return False
    return True


async def migrated(engine: AsyncEngine) -> State | None:
    """How the database stands to this version, or None when it does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await migrations.state(engine)
    except DATABASE_ERRORS:
        return None
