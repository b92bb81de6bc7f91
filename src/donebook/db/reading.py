"""Several reads that see the database as it is at one moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.session import Driver

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[Driver]:
    """A connection of the pool, inside a transaction that sees nothing newer than its first statement does.

    However it ends, the pool gets its connection back; unless all went well, it is closed before.
    """
    async with engine.connect() as pooled:
        driver = cast("Driver", (await pooled.get_raw_connection()).driver_connection)
        try:
            await driver.execute(BEGIN)
            yield driver
            await driver.execute("COMMIT")
        except BaseException:
            driver.terminate()
            raise
