"""What probes are told of a server that is busy, of tables that are locked, and of both at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.outages.hurting import held, waiting
from tests.outages.site import QUICK, Site
from tests.waiting import until

POOL_SIZE = int(QUICK["POOL_SIZE"])
READY = {"status": "ready", "database": "connected", "migrations": "current"}
BUSY = {"status": "ready", "database": "busy", "migrations": "unknown"}
LOCK = "LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"


@asynccontextmanager
async def exhausted(site: Site) -> AsyncIterator[None]:
    """All connections wait for a lock that somebody else has."""
    async with held(site, LOCK):
        reads = [asyncio.create_task(site.http.get("/tasks")) for _ in range(POOL_SIZE)]
        await waiting(site, POOL_SIZE)
        yield
    assert [(await read).status_code for read in reads] == [200] * POOL_SIZE


async def test_a_locked_table_is_no_concern_of_probes(either: Site):
    """A migration may lock it for as long as it likes: what is asked of the catalogue waits for nobody."""
    async with held(either, LOCK):
        answer = await either.http.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, READY)


async def test_a_busy_server_is_ready_and_claims_nothing_that_it_did_not_ask(either: Site):
    async with exhausted(either):
        ready, health = await asyncio.gather(either.http.get("/health/ready"), either.http.get("/health"))
    assert (ready.status_code, ready.json()) == (200, BUSY)
    assert (health.status_code, health.json()["status"]) == (200, "healthy")
    assert (await either.http.get("/health/ready")).json() == READY


async def test_a_server_that_is_busy_waiting_for_its_database_is_not_ready(direct: Site):
    """All connections are in use, none of them by more than an attempt to open it."""
    direct.proxy.refuse()
    direct.proxy.cut()
    reads = [asyncio.create_task(direct.http.get("/tasks")) for _ in range(POOL_SIZE)]

    async def known() -> bool:
        return await direct.metric("donebook_database_unreachable") == 1

    async def all_in_use() -> bool:
        return await direct.metric("donebook_pool_connections_in_use") == POOL_SIZE

    await until(known)
    await direct.proxy.mend()
    direct.proxy.connect_delay = 2.5
    await until(all_in_use)
    ready, health = await asyncio.gather(direct.http.get("/health/ready"), direct.http.get("/health"))
    assert (ready.status_code, ready.json()["database"]) == (503, "disconnected")
    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert [(await read).status_code for read in reads] == [200] * POOL_SIZE
