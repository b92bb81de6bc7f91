"""The database cannot be reached: requests wait for it as long as they may, and say honestly when that was in vain."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import httpx
import pytest

from tests.conftest import execute
from tests.outages.cluster import Cluster
from tests.outages.site import Site, keyed
from tests.waiting import until

type Outage = Callable[[Site, str], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def refused_connections(site: Site, _admin_url: str) -> AsyncIterator[None]:
    """Nothing listens."""
    site.proxy.refuse()
    site.proxy.cut()
    try:
        yield
    finally:
        await site.proxy.mend()


@asynccontextmanager
async def no_connections_left(site: Site, admin_url: str) -> AsyncIterator[None]:
    """53300, too many connections."""
    async with altered(site, admin_url, "CONNECTION LIMIT 0", "CONNECTION LIMIT -1"):
        yield


@asynccontextmanager
async def connections_not_allowed(site: Site, admin_url: str) -> AsyncIterator[None]:
    """55000, the database is not accepting connections."""
    async with altered(site, admin_url, "ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
        yield


@asynccontextmanager
async def altered(site: Site, admin_url: str, away: str, back: str) -> AsyncIterator[None]:
    await execute(admin_url, f"ALTER DATABASE {site.database} {away}")
    try:
        site.proxy.cut()
        yield
    finally:
        await execute(admin_url, f"ALTER DATABASE {site.database} {back}")


async def everything(site: Site, ids: list[str]) -> dict[str, httpx.Response]:
    """What each kind of request is answered, asked for at the same time."""
    http = site.http
    kinds = {
        "read": http.get("/tasks"),
        "create": http.post("/tasks", json={"title": "created"}),
        "create once": http.post("/tasks", json={"title": "created once"}, headers=keyed(f"create-{ids[0]}")),
        "change": http.put(f"/tasks/{ids[0]}", json={"title": "changed"}),
        "delete": http.delete(f"/tasks/{ids[1]}"),
    }
    return dict(zip(kinds, await asyncio.gather(*kinds.values()), strict=True))


async def retried(site: Site, before: float) -> None:
    """Wait until requests have been tried again a few times."""

    async def often() -> bool:
        return await site.metric("donebook_database_retries_total", problem="unavailable") >= before + 8

    await until(often)


async def retries(site: Site) -> float:
    return await site.metric("donebook_database_retries_total", problem="unavailable")


async def told(site: Site, code: str) -> bool:
    """Whether the database has just answered with that SQLSTATE."""
    return code in {event.get("sqlstate") for event in site.news()}


def succeeded(answers: dict[str, httpx.Response]) -> None:
    assert {kind: answer.status_code for kind, answer in answers.items()} == {
        "read": 200,
        "create": 201,
        "create once": 201,
        "change": 200,
        "delete": 204,
    }


@pytest.mark.parametrize("state", [refused_connections, no_connections_left, connections_not_allowed])
async def test_requests_wait_for_a_database_that_comes_back_in_time(direct: Site, state: Outage, admin_url: str):
    ids = [await direct.add(), await direct.add()]
    before = await retries(direct)
    async with state(direct, admin_url):
        waiting = asyncio.create_task(everything(direct, ids))
        await retried(direct, before)
        assert not waiting.done()
    succeeded(await waiting)
    assert sorted(await direct.titles()) == ["changed", "created", "created once"]


async def test_requests_wait_for_a_pooler_that_comes_back_in_time(by_pooler: Site):
    ids = [await by_pooler.add(), await by_pooler.add()]
    before, stored = await retries(by_pooler), await by_pooler.titles()
    async with refused_connections(by_pooler, ""):
        waiting = asyncio.create_task(everything(by_pooler, ids))
        await retried(by_pooler, before)
    succeeded(await waiting)
    assert len(await by_pooler.titles()) == len(stored) - 1 + 2


@pytest.mark.parametrize("state", [refused_connections, no_connections_left])
async def test_a_database_that_stays_away_is_503_and_nothing_was_changed(direct: Site, state: Outage, admin_url: str):
    ids = [await direct.add("one"), await direct.add("two")]
    async with state(direct, admin_url):
        for answer in (await everything(direct, ids)).values():
            await direct.refused(answer, 503, "unavailable", 2)
        assert (await direct.http.get("/health/live")).status_code == 200
        assert await direct.metric("donebook_database_unreachable") == 1
    assert await direct.titles() == ["one", "two"]
    await direct.warm()
    assert await direct.metric("donebook_database_unreachable") == 0


async def test_connections_that_were_lost_while_idle_are_replaced_unnoticed(either: Site):
    """Before anything was sent: no request fails, whatever it is, and nothing is said about it."""
    ids = [await either.add(), await either.add()]
    either.proxy.cut()
    succeeded(await everything(either, ids))
    assert either.news() == []


async def test_requests_wait_for_a_postgres_that_is_still_starting(own: Site, cluster_to_hurt: Cluster):
    """57P03: here a standby that lets nobody in, until it is promoted."""
    ids = [await own.add(), await own.add()]
    standby = cluster_to_hurt.data / "standby.signal"
    cluster_to_hurt.stop(signal.SIGINT)
    await asyncio.to_thread(cluster_to_hurt.gone)
    standby.touch()
    cluster_to_hurt.start("-c", "hot_standby=off")
    waiting = asyncio.create_task(everything(own, ids))
    try:
        await until(lambda: told(own, "57P03"))
    finally:
        await asyncio.to_thread(cluster_to_hurt.promote)
    succeeded(await waiting)


async def test_requests_wait_for_a_postgres_that_restarts(own: Site, cluster_to_hurt: Cluster):
    """57P03 and 57P01: it is told to stop, first turns newcomers away and then everybody."""
    ids = [await own.add(), await own.add()]
    own.proxy.cut()
    kept = await asyncpg.connect(cluster_to_hurt.admin_url)
    cluster_to_hurt.stop(signal.SIGTERM)
    waiting = asyncio.create_task(everything(own, ids))
    await until(lambda: told(own, "57P03"))
    cluster_to_hurt.stop(signal.SIGINT)
    await asyncio.to_thread(cluster_to_hurt.gone)
    kept.terminate()
    cluster_to_hurt.start()
    succeeded(await waiting)


async def test_a_database_that_is_slow_to_connect_to_is_reached_after_a_long_outage(direct: Site):
    """Once an outage is known, requests do not wait for its end; it ends all the same when connecting takes longer."""
    async with refused_connections(direct, ""):
        await direct.refused(await direct.http.get("/tasks"), 503, "unavailable", 2)
    direct.proxy.connect_delay = 2.5

    async def reached() -> bool:
        return (await direct.http.get("/tasks")).status_code == 200

    await until(reached)
