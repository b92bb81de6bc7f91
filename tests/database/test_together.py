"""Many deployments at once on one empty database: they take turns, and all succeed."""

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.conftest import execute
from tests.database.catalogue import HEAD, catalogue, revisions
from tests.database.commands import Checkout, finish
from tests.server import Server
from tests.waiting import until

EACH = 3
WAITING = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND d.datname = $1"


@pytest.fixture
def copy(tmp_path) -> Checkout:
    return Checkout(tmp_path / "checkout")


async def test_upgrades_and_servers_that_start_at_the_same_moment(copy, tmp_path, empty_url, migrated_url):
    holder = await asyncpg.connect(empty_url)
    await holder.execute(f"SELECT pg_advisory_lock({await migration_lock(copy, empty_url)})")

    async def everybody_waits() -> bool:
        waiting = await holder.fetchval(WAITING, urlsplit(empty_url).path.removeprefix("/"))
        return bool(waiting == 2 * EACH)

    upgrade = ("database", "upgrade", "--no-prompt")
    upgrades = [copy.start("donebook", *upgrade, DATABASE_URL=empty_url) for _ in range(EACH)]
    servers = [Server(make(tmp_path / f"server-{n}"), DATABASE_URL=empty_url) for n in range(EACH)]
    starts = [asyncio.create_task(asyncio.to_thread(server.start)) for server in servers]
    try:
        await until(everybody_waits)
        await holder.close()  # now all of them want to migrate, and each thinks that nobody has
        ended = [await asyncio.to_thread(finish, upgrade) for upgrade in upgrades]
        await asyncio.gather(*starts)
    finally:
        holder.terminate()
        for upgrade in upgrades:
            upgrade.kill()
        await asyncio.gather(*starts, return_exceptions=True)
        codes = [await asyncio.to_thread(server.stop) for server in servers]
    assert [code for code, _ in ended] == [0] * EACH, ended
    assert codes == [0] * EACH
    assert await catalogue(empty_url) == await catalogue(migrated_url)
    assert await revisions(empty_url) == [HEAD]
    assert len(await execute(empty_url, "SELECT FROM workspaces")) == 1


async def migration_lock(copy: Checkout, url: str) -> int:
    """The number of the advisory lock that migrations take, from the SQL that they write."""
    written = await asyncio.to_thread(copy.database, "donebook", "upgrade", "--no-prompt", "--sql", DATABASE_URL=url)
    found = re.search(r"pg_advisory_xact_lock\((\d+)\)", written)
    assert found is not None
    return int(found[1])


def make(folder: Path) -> Path:
    """The folder, made."""
    folder.mkdir()
    return folder
