"""What the tests of the feed share: a server with a database of its own, and another process on the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.server import Server

type Sql = Callable[..., Awaitable[list[asyncpg.Record]]]


@pytest.fixture(scope="module")
def site(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose log nobody else writes."""
    with Server(tmp_path_factory.mktemp("feed"), DATABASE_URL=make_database()) as running:
        yield running


@pytest.fixture(scope="module")
def other(site: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Another process on the same database."""
    with Server(tmp_path_factory.mktemp("other"), DATABASE_URL=site.environment["DATABASE_URL"]) as running:
        yield running


@pytest.fixture
async def http(site: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=site.url, timeout=60, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def sql(site: Server) -> Sql:
    """Execute a statement past Donebook."""

    async def run(statement: str) -> list[asyncpg.Record]:
        return await execute(site.environment["DATABASE_URL"], statement)

    return run


@pytest.fixture
async def cursor(http: httpx.AsyncClient) -> str:
    """Behind all that there is."""
    answer: str = (await http.get("/api/v1/snapshot")).json()["cursor"]
    return answer


async def add(http: httpx.AsyncClient, title: str = "Buy milk", **members: Any) -> dict[str, Any]:
    """A new task."""
    answer = await http.post("/api/v1/tasks", json={"title": title, **members})
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()
    return task


async def stop(server: Server) -> int:
    """Stop a server while our own loop goes on."""
    return await asyncio.to_thread(server.stop)
