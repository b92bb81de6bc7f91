"""Writers of every kind at work at the same time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from tests.conftest import NO_TLS

STATEMENTS = (
    "INSERT INTO tasks (workspace_id, title) SELECT id, 'by SQL' FROM workspaces",
    """INSERT INTO tasks (workspace_id, title, description)
        SELECT id, n::text, 'ÄÖ\r\n\x0b\x0c\x1c\x85\u2028\u2029' FROM workspaces, generate_series(1, 5) AS n""",
    """UPDATE tasks SET title = title || '.'
        WHERE id IN (SELECT id FROM tasks ORDER BY random() LIMIT 3) AND length(title) < 150""",
    "UPDATE tasks SET completed_at = now() WHERE id IN (SELECT id FROM tasks ORDER BY random() LIMIT 2)",
    "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks ORDER BY random() LIMIT 1)",
)
CONTENDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)


class ByHttp:
    """One client of the API, who changes whatever tasks there are."""

    def __init__(self, urls: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self.clients = [httpx.AsyncClient(base_url=url, timeout=60, verify=NO_TLS) for url in urls]
        self.ids: list[str] = []
        self.done = 0

    async def step(self) -> None:
        """One write; not all of them find their task."""
        http = self.random.choice(self.clients)
        try:
            await self._write(http)
        except httpx.TransportError:
            await asyncio.sleep(0.05)  # whoever is there to follow is to miss nothing, whatever becomes of this write

    async def _write(self, http: httpx.AsyncClient) -> None:
        if len(self.ids) < 5 or self.random.random() < 0.3:
            answer = await http.post("/api/v1/tasks", json={"title": f"Number {self.done}"})
            if answer.status_code == 201:
                self.ids.append(answer.json()["id"])
        else:
            task, other = (f"/api/v1/tasks/{self.random.choice(self.ids)}" for _ in range(2))
            anchor = other.rpartition("/")[2]
            edit = {"title": f"Edited {self.done}", "description": "Ü" * 50}
            method, path, body = self.random.choice(
                [
                    ("PATCH", task, edit),
                    ("PUT", f"{task}/completion", None),
                    ("DELETE", f"{task}/completion", None),
                    ("PUT", f"{task}/position", {"before": anchor}),
                    ("DELETE", task, None),
                    ("POST", f"{task}/restore", None),
                    ("PUT", task.replace("/api/v1", ""), {}),
                    ("DELETE", task.replace("/tasks", "/tasks/trash"), None),
                ]
            )
            await http.request(method, path, json=body)
        self.done += 1

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


class BySql:
    """Somebody with psql."""

    def __init__(self, url: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.url = url
        self.done = 0

    async def step(self) -> None:
        """One statement, on a connection of its own; what cannot be done is left."""
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
            return
        try:
            await connection.execute(self.random.choice(STATEMENTS))
            self.done += 1
        except (*CONTENDED, *LOST):
            await asyncio.sleep(0.05)
        finally:
            connection.terminate()

    async def close(self) -> None:
        return


@asynccontextmanager
async def writing(
    urls: list[str], database: str, *, clients: int = 6, statements: int = 2
) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Let them write meanwhile; what it gives waits for so many more writes."""
    writers: list[Any] = [ByHttp(urls, seed) for seed in range(clients)]
    writers += [BySql(database, seed) for seed in range(statements)]
    ending = asyncio.Event()

    async def work(writer: Any) -> None:
        while not ending.is_set():
            await writer.step()
        await writer.close()

    async def more(count: int) -> None:
        enough = sum(writer.done for writer in writers) + count
        async with asyncio.timeout(60):
            while sum(writer.done for writer in writers) < enough:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(work(writer)) for writer in writers]
    try:
        yield more
    finally:
        ending.set()
        await asyncio.gather(*tasks)
