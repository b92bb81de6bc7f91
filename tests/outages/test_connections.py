"""Connections: which are trusted, what happens to dead ones, and how quiet an idle server is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest

from tests.outages.proxy import Trap
from tests.outages.site import DIRECT, Site, keyed, site
from tests.rights import FILTERING, may_filter, require
from tests.waiting import until

PATIENT = {"POOL_SIZE": 3, "STATEMENT_TIMEOUT": 20, "REQUEST_TIMEOUT": 30}
ONE_STATEMENT = "BES"  # Bind, Execute, Sync: one round trip
QUIET = 4.0  # s


@pytest.fixture
async def patient(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A site that has more time than the kernel needs to notice a lost connection."""
    async with site(DIRECT, database_url, tmp_path, **PATIENT) as there:
        yield there


async def test_a_connection_that_the_server_closed_is_replaced_without_asking(direct: Site, admin_url: str):
    """A fresh connection for each dead one, and not a word more than a fresh connection and the statement need."""
    await direct.warm()
    direct.proxy.wire.clear()
    opened = direct.proxy.connections
    await direct.warm()
    assert (direct.proxy.wire.said, direct.proxy.connections) == (ONE_STATEMENT, opened)
    direct.proxy.cut()
    await asyncio.gather(*(direct.warm() for _ in range(3)))
    assert 1 <= direct.proxy.connections - opened <= 3
    assert direct.news() == []
    direct.proxy.wire.clear()
    await direct.warm()
    assert direct.proxy.wire.said == ONE_STATEMENT


async def test_connections_that_die_as_soon_as_they_are_made(either: Site):
    """No unexpected error comes of it, and when it ends all is well."""
    either.proxy.cut()
    either.proxy.greeting = Trap.SHUT
    asked = [asyncio.create_task(either.http.get("/tasks")) for _ in range(5)]

    async def often() -> bool:
        return either.proxy.connections > opened + 10

    opened = either.proxy.connections
    await until(often)
    either.proxy.greeting = None
    assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 5


async def test_half_open_connections_are_noticed_by_the_kernel(patient: Site):
    """The other end is gone without a word. What was sent is not acknowledged, which TCP reports after 5 s."""
    require(may_filter(), FILTERING)
    await asyncio.gather(*(patient.warm() for _ in range(3)))
    patient.proxy.deafen()
    started = monotonic()
    read = patient.http.get("/tasks")
    once = patient.http.post("/tasks", json={"title": "once"}, headers=keyed("half-open"))
    write = patient.http.post("/tasks", json={"title": "unknown"})
    answers = await asyncio.gather(read, once, write)
    assert monotonic() - started < PATIENT["STATEMENT_TIMEOUT"], "sooner than a slow statement would be given up"
    assert [answer.status_code for answer in answers[:2]] == [200, 201]
    await patient.refused(answers[2], 503, "outcome-unknown", 2)
    assert await patient.titles() == ["once"]
    for _ in range(5):
        await patient.warm()


async def test_an_idle_server_leaves_the_database_alone(either: Site):
    """So that it can go to sleep, while probes ask whether the server lives and monitoring asks what it counts."""
    await asyncio.gather(*(either.warm() for _ in range(3)))
    await asyncio.sleep(0.2)
    silent, sent, connections = monotonic(), either.proxy.bytes, either.proxy.connections
    while monotonic() < silent + QUIET:
        for path in ("/health/live", "/metrics", "/openapi.json"):
            assert (await either.http.get(path)).status_code == 200
        await asyncio.sleep(0.1)
    assert (either.proxy.bytes, either.proxy.connections) == (sent, connections)


async def test_a_suspended_database_wakes_for_the_next_request(either: Site):
    """As Neon does it: all connections are cut, none is accepted for 800 ms, and then everything is slow for 2 s."""
    proxy = either.proxy
    await either.warm()
    proxy.cut()
    proxy.refuse()
    answers = asyncio.gather(
        either.http.get("/tasks"),
        either.http.post("/tasks", json={"title": "good morning"}),
        either.http.post("/tasks", json={"title": "once"}, headers=keyed(f"waking-{either.pooled}")),
    )
    await asyncio.sleep(0.8)
    await proxy.mend()
    proxy.connect_delay, proxy.delay = 0.3, 0.15
    await asyncio.sleep(2)
    await proxy.mend()
    assert [answer.status_code for answer in await answers] == [200, 201, 201]
    assert sorted(await either.titles()) == ["good morning", "once"]


async def test_a_frozen_database_keeps_nobody_longer_than_its_deadline(either: Site):
    """No request is without an answer, and when it thaws all is well."""
    await asyncio.gather(*(either.warm() for _ in range(3)))
    either.proxy.freeze()
    started = monotonic()
    answers = await asyncio.gather(
        *(either.http.get("/tasks") for _ in range(6)),
        *(either.http.post("/tasks", json={"title": f"frozen {number}"}) for number in range(6)),
    )
    assert monotonic() - started < 2 * 6, "REQUEST_TIMEOUT, and as much again for a slow machine"
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["type"] for answer in answers[:6]} <= {"unavailable", "busy", "too-slow"}
    assert (await either.http.get("/health/live")).status_code == 200
    known = {answer.json()["type"] for answer in answers[6:]}
    either.proxy.thaw()
    await asyncio.gather(*(either.warm() for _ in range(5)))
    assert await either.metric("donebook_pool_connections_in_use") == 0
    lies = [a for a, n in zip(answers[6:], range(6), strict=True) if a.json()["type"] != "outcome-unknown"]
    assert len(await either.titles()) <= 6 - len(lies), known
