"""What the contract's tests share."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.contract.expect import Task, a_task
from tests.contract.first import FirstServer
from tests.contract.forwarder import Forwarder
from tests.server import Server

type Add = Callable[..., Awaitable[Task]]
type Write = Callable[[bytes | dict[str, Any]], Awaitable[httpx.Response]]


@pytest.fixture
def add(client: httpx.AsyncClient) -> Add:
    """Add a task."""

    async def add(title: str = "Buy milk", **members: Any) -> Task:
        answer = await client.post("/tasks", json={"title": title, **members})
        assert answer.status_code == 201, answer.text
        return a_task(answer.json())

    return add


@pytest.fixture
async def task(add: Add) -> Task:
    """A task that is there."""
    return await add("Buy milk", description="Two bottles")


@pytest.fixture
def everything(client: httpx.AsyncClient) -> Callable[[], Awaitable[list[Task]]]:
    """Ask for the whole list."""

    async def everything() -> list[Task]:
        answer = await client.get("/tasks")
        assert answer.status_code == 200
        return [a_task(found) for found in answer.json()]

    return everything


@pytest.fixture(params=["POST", "PUT"])
def write(request: pytest.FixtureRequest, client: httpx.AsyncClient, task: Task) -> Write:
    """Send a body, as a new task or as a change of one that is there."""
    path = "/tasks" if request.param == "POST" else f"/tasks/{task['id']}"

    async def write(body: bytes | dict[str, Any]) -> httpx.Response:
        if isinstance(body, bytes):
            headers = {"content-type": "application/json"}
            return await client.request(request.param, path, content=body, headers=headers)
        return await client.request(request.param, path, json=body)

    return write


@pytest.fixture(scope="session")
def first_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstServer]:
    """The server that this one replaces."""
    with FirstServer(tmp_path_factory.mktemp("first")) as running:
        yield running


@pytest.fixture(scope="session")
def forwarder(make_database: Callable[[], str]) -> Iterator[Forwarder]:
    with Forwarder(make_database()) as running:
        yield running


@pytest.fixture(scope="session")
def hurt(forwarder: Forwarder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database can be taken away, and which does not wait for it for long."""
    with Server(tmp_path_factory.mktemp("hurt"), DATABASE_URL=forwarder.url, REQUEST_TIMEOUT=1) as running:
        yield running
