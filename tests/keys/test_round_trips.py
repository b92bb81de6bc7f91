"""A keyed write is one statement and one network round trip, on a direct connection that is warm."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.contract.expect import UNKNOWN
from tests.database.wire import Wire, forwarder
from tests.server import Server

ONE_ROUND_TRIP = "BES"  # bind, execute, sync
ENOUGH = 8  # requests after which every statement is prepared
KEYS = count()


@pytest.fixture(scope="module")
async def wire(admin_url) -> AsyncIterator[Wire]:
    async with forwarder(urlsplit(admin_url).port or 0) as forwarding:
        yield forwarding


@pytest.fixture(scope="module")
async def http(make_database, wire, tmp_path_factory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that reaches its database by the wire."""
    url = urlsplit(await asyncio.to_thread(make_database))
    there = url._replace(netloc=f"{url.netloc.rpartition(':')[0]}:{wire.port}").geturl()
    server = Server(tmp_path_factory.mktemp("wire"), DATABASE_URL=there)
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url, verify=NO_TLS) as client:
        yield client
    assert await asyncio.to_thread(server.stop) == 0


async def create(http: httpx.AsyncClient, key: str) -> httpx.Response:
    return await http.post("/tasks", json={"title": "x"}, headers={"idempotency-key": key})


async def change(http: httpx.AsyncClient, key: str) -> httpx.Response:
    task = (await http.post("/tasks", json={"title": "x"})).json()["id"]
    return await http.put(f"/tasks/{task}", json={"title": "y"}, headers={"idempotency-key": key})


async def delete(http: httpx.AsyncClient, key: str) -> httpx.Response:
    task = (await http.post("/tasks", json={"title": "x"})).json()["id"]
    return await http.delete(f"/tasks/{task}", headers={"idempotency-key": key})


async def change_nothing(http: httpx.AsyncClient, key: str) -> httpx.Response:
    return await http.put(f"/tasks/{UNKNOWN}", json={"title": "y"}, headers={"idempotency-key": key})


async def refuse(http: httpx.AsyncClient, key: str) -> httpx.Response:
    return await http.post("/tasks", json={"title": ""}, headers={"idempotency-key": key})


@pytest.mark.parametrize(
    ("write", "preparation", "status"),
    [(create, 0, 201), (change, 1, 200), (delete, 1, 204), (change_nothing, 0, 404), (refuse, 0, 422)],
)
async def test_a_keyed_write(http, wire, write, preparation, status):
    for _ in range(ENOUGH):
        wire.clear()
        answer = await write(http, f"{write.__name__}-{next(KEYS)}")
        assert answer.status_code == status
    assert wire.said == (preparation + 1) * ONE_ROUND_TRIP


async def test_a_replay_is_one_more(http, wire):
    """The statement says that the key was used, then what is stored is read."""
    first = await create(http, "replay")
    for _ in range(ENOUGH):
        wire.clear()
        answer = await create(http, "replay")
        assert answer.content == first.content
    assert wire.said == 2 * ONE_ROUND_TRIP
