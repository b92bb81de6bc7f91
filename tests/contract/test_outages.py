"""No database: 503 with `Retry-After`, and all is well again when the database is, without a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.expect import UNKNOWN, refused
from tests.contract.forwarder import Forwarder
from tests.server import Server


@pytest.fixture
async def http(hurt: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hurt.url, timeout=30, verify=NO_TLS) as http:
        yield http


OUTAGES = {
    "refuses connections": ("", ""),
    "takes no new connections": (
        "ALTER DATABASE {} ALLOW_CONNECTIONS false",
        "ALTER DATABASE {} ALLOW_CONNECTIONS true",
    ),
    "has no room": ("ALTER DATABASE {} CONNECTION LIMIT 0", "ALTER DATABASE {} CONNECTION LIMIT -1"),
    "is gone": ("ALTER DATABASE {0} RENAME TO {0}_away", "ALTER DATABASE {0}_away RENAME TO {0}"),
    "lets us in no more": (
        "REVOKE CONNECT ON DATABASE {} FROM PUBLIC, donebook",
        "GRANT CONNECT ON DATABASE {} TO PUBLIC, donebook",
    ),
}


@pytest.fixture(params=OUTAGES)
def outage(request: pytest.FixtureRequest, forwarder: Forwarder, admin_url: str):
    """A time in which the database cannot answer."""
    name = forwarder.url.rpartition("/")[2]
    away, back = (statement.format(name) for statement in OUTAGES[request.param])

    @asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        forwarder.cut()
        if away:
            await leave(admin_url, name)
            await execute(admin_url, away)
            forwarder.mend()
        try:
            yield
        finally:
            if away:
                await execute(admin_url, back)
            else:
                forwarder.mend()

    return outage


async def leave(admin_url: str, database: str) -> None:
    """Wait until nobody is connected to a database."""
    ended = f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database}'"
    while await execute(admin_url, ended):
        pass


async def test_every_request_that_needs_the_database_is_503_and_says_when_to_try_again(http, outage):
    task = (await http.post("/tasks", json={"title": "Before"})).json()
    before = (await http.get("/tasks")).json()
    async with outage():
        requests = [
            http.get("/tasks"),
            http.post("/tasks", json={"title": "Never stored"}),
            http.put(f"/tasks/{task['id']}", json={"title": "Never stored"}),
            http.put(f"/tasks/{UNKNOWN}", json={}),
            http.delete(f"/tasks/{task['id']}"),
        ]
        for answer in await asyncio.gather(*requests):
            refused(answer, 503)
            assert int(answer.headers["retry-after"]) >= 1
    assert (await http.get("/tasks")).json() == before


async def test_health_says_so_in_the_words_of_the_contract(http, outage):
    async with outage():
        answer = await http.get("/health")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        body = answer.json()
        assert body["status"] == "unhealthy"
        assert body["database"] == "disconnected"
        assert isinstance(body["detail"], str)
        assert body["detail"]
    assert (await http.get("/health")).json() == {"status": "healthy", "database": "connected"}


async def test_what_needs_no_database_is_answered_as_ever(http, outage):
    async with outage():
        refused(await http.post("/tasks", json={"title": ""}), 422)
        refused(await http.put(f"/tasks/{UNKNOWN}", json={"completed": 1}), 422)
        refused(await http.post("/tasks", content=b"x", headers={"content-type": "text/plain"}), 415)
        refused(await http.delete("/tasks/not-a-uuid"), 404)
        refused(await http.get(f"/tasks/{UNKNOWN}"), 405)
        assert (await http.get("/openapi.json")).status_code == 200


async def test_everything_works_again_at_once_when_the_database_is_back(http, outage):
    async with outage():
        refused(await http.get("/tasks"), 503)
    task = (await http.post("/tasks", json={"title": "After"})).json()
    assert (await http.put(f"/tasks/{task['id']}", json={"completed": True})).status_code == 200
    assert (await http.get("/tasks")).json()[-1]["id"] == task["id"]
    assert (await http.delete(f"/tasks/{task['id']}")).status_code == 204


async def test_connections_that_the_database_ended_are_replaced_unnoticed(http, admin_url: str, forwarder: Forwarder):
    await http.get("/tasks")
    await leave(admin_url, forwarder.url.rpartition("/")[2])
    for _ in range(3):
        assert (await http.get("/tasks")).status_code == 200
        assert (await http.post("/tasks", json={"title": "After"})).status_code == 201


async def test_a_database_that_may_only_be_read_is_503_for_writers(http, admin_url: str, forwarder: Forwarder):
    name = forwarder.url.rpartition("/")[2]
    await execute(admin_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await leave(admin_url, name)
    try:
        refused(await http.post("/tasks", json={"title": "Never stored"}), 503)
        assert (await http.get("/tasks")).status_code == 200
    finally:
        await execute(admin_url, f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await leave(admin_url, name)
    assert (await http.post("/tasks", json={"title": "After"})).status_code == 201
