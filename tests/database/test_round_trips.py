"""Each operation on one task is one statement and one network round trip, on a direct connection that is warm."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from tests.database.operations import ENOUGH, OPERATIONS, prepared, through
from tests.database.pooler import WIRE, route
from tests.database.wire import Wire, forwarder
from tests.server import Server

BIND_EXECUTE_SYNC = "BES"


@pytest.fixture(scope="module")
async def wire(postgres) -> AsyncIterator[Wire]:
    async with forwarder(urlsplit(postgres.admin_url).port) as forwarding:
        yield forwarding


@pytest.fixture(scope="module")
async def http(postgres, wire, tmp_path_factory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that reaches its database by the wire."""
    there = through(await postgres.create(), wire.port)
    server = Server(tmp_path_factory.mktemp("wire"), DATABASE_URL=there)
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client
    assert await asyncio.to_thread(server.stop) == 0


async def update(http: httpx.AsyncClient, task: str) -> httpx.Response:
    return await http.put(f"/tasks/{task}", json={"title": "z", "completed": True})


@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_operation_is_one_statement_and_one_round_trip(http, wire, name):
    for _ in range(ENOUGH):
        request = await prepared(name, http)
        wire.clear()
        answer = await http.send(request)
        assert answer.is_success, answer.text
    assert wire.said == BIND_EXECUTE_SYNC


async def test_behind_a_pooler_an_operation_is_two_round_trips(empty_url, tmp_path):
    """There each statement is prepared before it is executed, as nothing is kept."""
    async with route(WIRE, empty_url) as (pooled, wire):
        server = Server(tmp_path, DATABASE_URL=pooled)
        await asyncio.to_thread(server.start)
        trips = {}
        async with httpx.AsyncClient(base_url=server.url) as http:
            for name in [*OPERATIONS, *OPERATIONS]:  # new connections ask about types, and a new server tidies up
                request = await prepared(name, http)
                wire.clear()
                answer = await http.send(request)
                assert answer.is_success, answer.text
                trips[name] = wire.round_trips
        assert await asyncio.to_thread(server.stop) == 0
    assert trips == dict.fromkeys(OPERATIONS, 2)


async def test_a_write_with_an_idempotency_key(http, wire):
    for number in range(ENOUGH):
        wire.clear()
        answer = await http.post("/tasks", json={"title": "x"}, headers={"Idempotency-Key": f"once-{number}"})
        assert answer.status_code == 201
    assert wire.said == BIND_EXECUTE_SYNC


async def test_a_task_that_is_not_there_costs_no_more(http, wire):
    unknown = "00000000-0000-7000-8000-00000000dead"
    for _ in range(ENOUGH):
        wire.clear()
        answers = [await update(http, unknown), await http.delete(f"/tasks/{unknown}")]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert wire.said == 2 * BIND_EXECUTE_SYNC


async def test_what_is_refused_never_reaches_the_database(http, wire):
    wire.clear()
    answers = [
        await http.post("/tasks", json={"title": ""}),
        await http.put("/tasks/not-a-uuid", json={"title": "x"}),
        await http.delete("/tasks/not-a-uuid"),
        await http.get("/health/live"),
    ]
    assert [answer.status_code for answer in answers] == [422, 404, 404, 200]
    assert wire.said == ""


async def test_the_wire_sees_a_second_round_trip(postgres, wire):
    """The counter itself: a statement that is new to its connection is prepared first, which is one more."""
    connection = await asyncpg.connect(through(postgres.admin_url, wire.port))
    wire.clear()
    await connection.fetch("SELECT 1")
    await connection.fetch("SELECT 1")
    assert wire.said == "PDHBESBES"
    await connection.close()
