"""A limit on the role's statements, as `docs/operations.md` has it behind a pooler, stops no migration."""

import asyncio

import asyncpg

from tests.conftest import execute
from tests.server import Server
from tests.waiting import until

MIGRATIONS = 0x646F6E65  # the advisory lock of `migrations/env.py`
WAITED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'advisory' AND now() - query_start > interval '1 second'
"""


async def test_a_migration_may_take_longer_than_a_request(tmp_path, database_url, admin_url):
    database = database_url.rpartition("/")[2]
    await execute(admin_url, f"ALTER ROLE donebook IN DATABASE {database} SET statement_timeout = '500ms'")
    another = await asyncpg.connect(database_url)
    await another.execute(f"SELECT pg_advisory_lock({MIGRATIONS})")
    server = Server(tmp_path, DATABASE_URL=database_url)
    starting = asyncio.create_task(asyncio.to_thread(server.start))

    async def waited() -> bool:
        return starting.done() or bool(await another.fetchval(WAITED))

    try:
        await until(waited)
        await another.execute(f"SELECT pg_advisory_unlock({MIGRATIONS})")
        await starting
        assert await asyncio.to_thread(server.stop) == 0
    finally:
        server.kill()
        await another.close()
