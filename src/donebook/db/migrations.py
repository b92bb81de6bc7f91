"""Whether the database has the shape that this version needs, and giving it that shape."""

import asyncio
from enum import StrEnum
from functools import cache

from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.config import MIGRATIONS, Database
from donebook.db.engine import create_migration_engine

AHEAD = "the database was migrated by a newer version of Donebook; run that version"


class State(StrEnum):
    """How the database stands to this version's migrations."""

    CURRENT = "current"
    PENDING = "pending"
    AHEAD = "ahead"


async def state(engine: AsyncEngine) -> State:
    """Where the database stands: `AHEAD` when a newer version of Donebook has migrated it."""
    async with engine.connect() as connection:
        revision = await connection.run_sync(_revision)
    scripts = _scripts()
    if revision == scripts.get_current_head():
        return State.CURRENT
    known = revision is None or any(script.revision == revision for script in scripts.walk_revisions())
    return State.PENDING if known else State.AHEAD


def state_now(database: Database) -> State:
    """The same, for use before there is an event loop; the connection is closed again."""

    async def ask() -> State:
        engine = create_migration_engine(database.get_engine())
        try:
            return await state(engine)
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def upgrade(database: Database) -> None:
    """Apply what is pending: all of it or, when anything fails, nothing. Two at once wait for each other."""
    AlembicCommands(sqlalchemy_config=database).upgrade("head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(MIGRATIONS)


def reason(error: BaseException) -> str:
    """What a database error says, on one line, without SQLAlchemy's wrapping."""
    inner = getattr(error, "orig", None) or error
    return str(inner.__cause__ or inner).partition("\n")[0] or type(inner).__name__
