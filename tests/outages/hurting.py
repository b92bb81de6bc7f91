"""Ways to hurt the database of a site: locks that are held, and triggers that fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.outages.site import Site
from tests.waiting import until

ALWAYS = 1_000_000

FAIL = """
CREATE SEQUENCE attempts;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('attempts') <= {times} THEN  -- which no rollback takes back
        RAISE EXCEPTION 'the test wants this' USING ERRCODE = '{code}';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER fail BEFORE INSERT OR UPDATE OR DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION fail()
"""
HEAL = "DROP FUNCTION fail() CASCADE; DROP SEQUENCE attempts"


@asynccontextmanager
async def held(site: Site, statement: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's transaction, which has executed a statement and keeps its locks."""
    other = await asyncpg.connect(site.database_url)
    try:
        async with other.transaction():
            await other.execute(statement)
            yield other
    finally:
        await other.close()


@asynccontextmanager
async def failing(site: Site, code: str, times: int = ALWAYS) -> AsyncIterator[None]:
    """The first so many attempts to change a task fail with that SQLSTATE."""
    await site.script(FAIL.format(code=code, times=times))
    try:
        yield
    finally:
        await site.script(HEAL)


async def attempts(site: Site) -> int:
    """How often a change of a task was attempted while that fails."""
    [row] = await site.sql("SELECT last_value FROM attempts WHERE is_called")
    return int(row["last_value"])


async def waiting(site: Site, count: int = 1) -> None:
    """Wait until so many statements of Donebook wait for a lock."""

    async def blocked() -> bool:
        [row] = await site.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(row["count"]) >= count

    await until(blocked)
