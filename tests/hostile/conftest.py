"""What the tests of hostile clients share."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.hostile.access_log import AccessLog
from tests.server import Server

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
