"""Whether the database has the shape that this version needs, and giving it that shape."""

import asyncio
from enum import StrEnum
from functools import cache

from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.script import ScriptDirectory
from sqlalchemy import ARRAY, Connection, Text, bindparam, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.config import MIGRATIONS, Database
from donebook.db.engine import create_migration_engine
from donebook.db.models import Base

LACKS = text("""
SELECT wanted.relation, wanted.attribute, a.attname IS NULL AS missing
FROM unnest(:relations, :attributes) AS wanted (relation, attribute)
    LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(wanted.relation) AND a.attname = wanted.attribute
WHERE a.attname IS NULL OR NOT has_table_privilege(a.attrelid, 'SELECT')
LIMIT 1
""").bindparams(bindparam("relations", type_=ARRAY(Text)), bindparam("attributes", type_=ARRAY(Text)))
AHEAD = "the database was migrated by a newer version of Donebook; run that version"
TOO_OLD = (
    "the database is at revision {revision}, and this version of Donebook upgrades from revision 0009 on:"
    " upgrade it to 0009 first, with the version of Donebook that made it"
)
BEFORE_THE_FIRST = frozenset(f"000{number}" for number in range(1, 9))
"""Revisions that 0009 replaced. Donebook had not been released then."""


class State(StrEnum):
    """How the database stands to this version's migrations."""

    CURRENT = "current"
    PENDING = "pending"
    AHEAD = "ahead"
    TOO_OLD = "too old"


async def current_revision(engine: AsyncEngine) -> str | None:
    """Return the revision that the database is at, or None if it has none yet."""
    async with engine.connect() as connection:
        return await connection.run_sync(_revision)


def state(revision: str | None) -> State:
    """Return how a database at a revision stands: `AHEAD` when a newer version of Donebook has migrated it."""
    scripts = _scripts()
    if revision == scripts.get_current_head():
        return State.CURRENT
    if revision in BEFORE_THE_FIRST:
        return State.TOO_OLD
    known = revision is None or any(script.revision == revision for script in scripts.walk_revisions())
    return State.PENDING if known else State.AHEAD


def refusal(revision: str | None) -> str | None:
    """Return why this version can neither use nor migrate a database at a revision, or None if it can."""
    found = state(revision)
    if found is State.TOO_OLD:
        return TOO_OLD.format(revision=revision)
    return AHEAD if found is State.AHEAD else None


async def lack(engine: AsyncEngine) -> str | None:
    """What the models know and the database has not, or does not let us read; None when all is there.

    It is looked up in the catalogue: to look at the tables themselves is to wait for whoever has locked them.
    """
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    names = {"relations": [column.table.name for column in columns], "attributes": [column.name for column in columns]}
    async with engine.connect() as connection:
        found = (await connection.execute(LACKS, names)).first()
    if found is None:
        return None
    where = f"{found.relation}.{found.attribute}"
    return f"{where} is missing" if found.missing else f"its role lacks privileges on {found.relation}"


def current_revision_now(database: Database) -> str | None:
    """Return the same as `current_revision`, before there is an event loop; the connection is closed again."""

    async def ask() -> str | None:
        engine = create_migration_engine(database.get_engine())
        try:
            return await current_revision(engine)
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
