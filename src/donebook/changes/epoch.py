"""When the database was restored to an earlier state, the log's numbers stand for other changes from then on."""

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.engine import open_direct

RENEW = "UPDATE logs SET epoch = gen_random_uuid()"


async def renew(engine: AsyncEngine) -> int:
    """Make all cursors that were given out before lead nowhere, in every workspace; how many workspaces there are."""
    connection = await open_direct(engine)
    try:
        status = await connection.execute(RENEW)
    finally:
        await connection.close()
    return int(status.rpartition(" ")[2])
