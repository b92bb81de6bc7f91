"""What the tests of hostile clients share."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.hostile.access_log import AccessLog
from tests.server import Server

NAME = "tasks.example"
ALLOWED_ORIGIN = "https://app.example.com"
REQUEST_TIMEOUT = 3  # s: what is never whole does not hold the tests up for long


@pytest.fixture
async def task(client: httpx.AsyncClient) -> dict[str, Any]:
    """A task that is there."""
    answer = await client.post("/tasks", json={"title": "Guarded", "description": "Two bottles"})
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="session")
def access_log(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessLog]:
    """A server that only these tests talk to, and what they send to it."""
    folder = tmp_path_factory.mktemp("access_log")
    with Server(folder, DATABASE_URL=make_database(), REQUEST_TIMEOUT=REQUEST_TIMEOUT, LOG_FORMAT="json") as server:
        access_log = AccessLog(server)
        yield access_log
        access_log.client.close()


@pytest.fixture(scope="session")
def site(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has a name, and lets the pages of one other origin call it."""
    settings = {"ALLOWED_HOSTS": NAME, "ALLOWED_ORIGINS": ALLOWED_ORIGIN, "LOG_FORMAT": "json"}
    with Server(tmp_path_factory.mktemp("site"), DATABASE_URL=make_database(), **settings) as server:
        yield server


@pytest.fixture
async def own(site: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that server which is no browser."""
    async with httpx.AsyncClient(base_url=site.url, timeout=30, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def stored(site: Server) -> Callable[[], Awaitable[list[list[asyncpg.Record]]]]:
    """Ask the database of that server for all tasks and where its log ends."""

    async def stored() -> list[list[asyncpg.Record]]:
        queries = ("SELECT * FROM tasks ORDER BY id", "SELECT * FROM logs ORDER BY workspace_id")
        return [await execute(site.environment["DATABASE_URL"], query) for query in queries]

    return stored
