"""What the tests of `/api/v1/tasks` share."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import execute
from tests.server import Server

TASKS = "/api/v1/tasks"
WRITES = {
    "edit": ("PATCH", "/{id}", {"title": "Edited"}),
    "complete": ("PUT", "/{id}/completion", None),
    "reopen": ("DELETE", "/{done}/completion", None),
    "move": ("PUT", "/{id}/position", {"before": "{other}"}),
    "trash": ("DELETE", "/{id}", None),
    "restore": ("POST", "/{trashed}/restore", None),
    "erase": ("DELETE", "/trash/{trashed}", None),
}
"""Every write of a task that is there, by name; each of them changes something."""

type Task = dict[str, Any]
type Add = Callable[..., Awaitable[Task]]
type Rows = Callable[[str], Awaitable[list[asyncpg.Record]]]


class There:
    """Four tasks, one for each kind of write, and how to write to them."""

    def __init__(self, client: httpx.AsyncClient, tasks: dict[str, Task]) -> None:
        self.client = client
        self.tasks = tasks

    def of(self, write: str) -> Task:
        """The task that a write is about."""
        return next(task for name, task in self.tasks.items() if f"{{{name}}}" in WRITES[write][1])

    async def write(self, name: str, headers: dict[str, str] | list[tuple[str, str]] | None = None) -> httpx.Response:
        """Send one of `WRITES`."""
        method, path, body = WRITES[name]
        ids = {key: task["id"] for key, task in self.tasks.items()}
        body = body and {member: value.format(**ids) for member, value in body.items()}
        return await self.client.request(method, f"{TASKS}{path.format(**ids)}", json=body, headers=headers)


@pytest.fixture
def add(client: httpx.AsyncClient) -> Add:
    """Add a task."""

    async def add(title: str = "Buy milk", **members: Any) -> Task:
        answer = await client.post(TASKS, json={"title": title, **members})
        assert answer.status_code == 201, answer.text
        task: Task = answer.json()
        return task

    return add


@pytest.fixture
async def task(add: Add) -> Task:
    """A task that is there."""
    return await add(description="Two bottles")


@pytest.fixture
async def there(client: httpx.AsyncClient, add: Add) -> There:
    """Tasks to write to: two open ones, one that is done, and one in the trash."""
    tasks = {"other": await add("Other"), "id": await add("Open"), "done": await add("Done", completed=True)}
    trashed = await add("Trashed")
    assert (await client.delete(f"{TASKS}/{trashed['id']}")).status_code == 204
    tasks["trashed"] = trashed | {"version": 2}
    return There(client, tasks)


@pytest.fixture
def rows(server: Server) -> Rows:
    """Ask the database itself."""
    return lambda query: execute(server.environment["DATABASE_URL"], query)


@pytest.fixture
def log_head(rows: Rows) -> Callable[[], Awaitable[int]]:
    """How many changes the log has."""

    async def head() -> int:
        [log] = await rows("SELECT coalesce(sum(head), 0)::int AS head FROM logs")
        number: int = log["head"]
        return number

    return head


def new_id() -> str:
    """A UUID of version 7 that nobody has used."""
    number = uuid4().int
    return str(UUID(int=number & ~(0xF << 76) | 7 << 76))
