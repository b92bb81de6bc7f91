"""How migrations run: in one transaction, one deployment at a time, giving up rather than blocking traffic.

A migration that cannot have a table at once, because somebody reads it for long, takes itself back and begins anew.
"""

import asyncio
import sys
from time import monotonic
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.accounts import models as accounts
from donebook.changes import models as changes
from donebook.db import keys
from donebook.db.engine import create_migration_engine
from donebook.db.errors import DATABASE_ERRORS, sqlstate
from donebook.db.migrations import reason, refusal
from donebook.db.models import Base
from donebook.tasks import models as tasks
from donebook.tasks.search import models as search

MODELS = (accounts, changes, keys, search, tasks)  # importing them is what fills Base.metadata
LOCK = 0x646F6E65  # "done": any number that no other program on the database uses
LOCKED = "55P03"
WAIT_FOR_ANOTHER = "60s"
WAIT_FOR_TABLES = "500ms"  # whoever comes to a table meanwhile queues up behind the migration
TRY_FOR = 60.0  # s
PAUSE = 1.0  # s: between two attempts, for the queue to get through


def configure(**how: Any) -> None:
    """What online and offline runs share."""
    context.configure(
        target_metadata=Base.metadata,
        version_table="alembic_version",
        compare_type=True,
        **how,
    )


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction, which also holds the lock, so that a pooler cannot come between."""
    configure(connection=connection)
    with context.begin_transaction():
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # a limit set for the role is meant for requests
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_ANOTHER}'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_TABLES}'"))
        if why := refusal(context.get_context().get_current_revision()):
            raise CommandError(why)
        context.run_migrations()


async def persist(engine: AsyncEngine) -> None:
    """Run the migrations, again and again as long as somebody else has a table."""
    until = monotonic() + TRY_FOR
    while True:
        try:
            async with engine.connect() as connection:
                await connection.run_sync(migrate)
                return
        except DATABASE_ERRORS as error:
            if sqlstate(error) != LOCKED or monotonic() > until:
                raise
        await asyncio.sleep(PAUSE)


async def online() -> None:
    """Migrate the database."""
    pool = context.config.engine  # type: ignore[attr-defined]
    engine = create_migration_engine(pool)
    try:
        await persist(engine)
    except CommandError as error:
        sys.exit(f"donebook: {error}")
    except DATABASE_ERRORS as error:
        where = pool.get_execution_options()["target"].direct.display
        sys.exit(f"donebook: cannot migrate {where}, nothing was changed: {reason(error)}")
    finally:
        await engine.dispose()


def offline() -> None:
    """Write the SQL that would migrate a database."""
    configure(dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, literal_binds=True)
    with context.begin_transaction():
        context.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.execute(f"SET LOCAL lock_timeout = '{WAIT_FOR_TABLES}'")
        context.run_migrations()


if context.is_offline_mode():
    offline()
else:
    asyncio.run(online())
