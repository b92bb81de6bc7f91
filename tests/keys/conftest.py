"""What the tests of idempotency keys share: writes to send again, and the other side of a lock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.contract.expect import UNKNOWN, Task
from tests.server import Server
from tests.waiting import until

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
WRITES: dict[str, tuple[str, str, dict[str, Any] | None, int]] = {
    "create": ("POST", "/tasks", {"title": "Buy milk", "description": "Two bottles"}, 201),
    "change": ("PUT", "/tasks/{id}", {"title": "Buy oat milk", "completed": True}, 200),
    "delete": ("DELETE", "/tasks/{id}", None, 204),
    "change what is not there": ("PUT", f"/tasks/{UNKNOWN}", {"title": "x"}, 404),
    "delete what is not there": ("DELETE", f"/tasks/{UNKNOWN}", None, 404),
    "change what cannot be there": ("PUT", "/tasks/1", {"title": "x"}, 404),
    "delete what cannot be there": ("DELETE", "/tasks/1", None, 404),
    "create without a title": ("POST", "/tasks", {"title": ""}, 422),
    "create without a body": ("POST", "/tasks", None, 422),
    "change to no title": ("PUT", "/tasks/{id}", {"title": ""}, 422),
}

KEY_REUSED = [("key-reused", ["header", "idempotency-key"])]
"""The fault of a key that was used for another request."""

type Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def task(client: httpx.AsyncClient) -> Task:
    """A task that is there."""
    answer = await client.post("/tasks", json={"title": "Before", "description": "Before"})
    found: Task = answer.json()
    return found


@pytest.fixture
def key() -> str:
    """A key that nobody has used."""
    return str(uuid4())


@pytest.fixture
def send(client: httpx.AsyncClient, task: Task, key: str) -> Send:
    """Send one of `WRITES` with the key; the request id is given, so that refusals that are the same look the same."""

    async def send(name: str, **headers: str) -> httpx.Response:
        method, path, body, _ = WRITES[name]
        given = {"idempotency-key": key, "x-request-id": "the-same", **headers}
        return await client.request(method, path.format(id=task["id"]), json=body, headers=given)

    return send


def replayed(answer: httpx.Response) -> bool:
    """Whether it says that it was given before."""
    assert answer.headers.get("idempotency-replayed") in (None, "true")
    return "idempotency-replayed" in answer.headers


def alike(answer: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers are the same, to the byte."""
    kinds = [given.headers.get("content-type") for given in (answer, other)]
    return (answer.status_code, answer.content, kinds[0]) == (other.status_code, other.content, kinds[1])


class Holder:
    """Somebody who holds rows that writes need."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def waited_for(self, by: int = 1) -> None:
        """Wait until so many statements wait."""
        await until(lambda: self._waiting(by))

    async def release(self) -> None:
        """Let them go on."""
        await self.connection.execute("COMMIT")

    async def waiting(self) -> int:
        """How many statements wait."""
        await self.connection.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
        waiting: int = await self.connection.fetchval(WAITING)
        return waiting

    async def _waiting(self, by: int) -> bool:
        return await self.waiting() >= by


@asynccontextmanager
async def holding(url: str, rows: str) -> AsyncIterator[Holder]:
    """Hold the rows of a query."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"BEGIN; {rows} FOR UPDATE")
        yield Holder(connection)
    finally:
        await connection.close()


@pytest.fixture
def hold(server: Server) -> Callable[[str], AbstractAsyncContextManager[Holder]]:
    """Hold rows of the server's database."""
    return lambda rows: holding(server.environment["DATABASE_URL"], rows)
