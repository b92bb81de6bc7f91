"""What tests of batches and undo do again and again, over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import httpx

type Task = dict[str, Any]
type Change = dict[str, Any]

COUNTED = ("version", "updated_at")
READ: dict[str, tuple[str, list[Change]]] = {}
"""Of each server a cursor, and the changes up to there."""


async def add(client: httpx.AsyncClient, title: str, **members: Any) -> Task:
    """A new task."""
    answer = await client.post("/api/v1/tasks", json={"title": title, **members})
    assert answer.status_code == 201, answer.text
    task: Task = answer.json()
    return task


async def one(client: httpx.AsyncClient, task: Task) -> Task:
    """A task as it is now."""
    answer = await client.get(f"/api/v1/tasks/{task['id']}")
    assert answer.status_code == 200, answer.text
    found: Task = answer.json()
    return found


async def batch(client: httpx.AsyncClient, *operations: dict[str, Any], **headers: str) -> httpx.Response:
    """The answer to a batch."""
    return await client.post("/api/v1/batch", json={"operations": operations}, headers=headers)


async def applied(client: httpx.AsyncClient, *operations: dict[str, Any]) -> list[Task]:
    """The tasks of a batch that succeeds."""
    answer = await batch(client, *operations)
    assert answer.status_code == 200, answer.text
    return [result["task"] for result in answer.json()["results"]]


async def undo(client: httpx.AsyncClient, change: Change | int, **headers: str) -> httpx.Response:
    """The answer to taking back one change."""
    seq = change if isinstance(change, int) else change["seq"]
    return await client.post(f"/api/v1/changes/{seq}/undo", headers=headers)


async def undone(client: httpx.AsyncClient, change: Change | int) -> Change:
    """The one change that takes back another."""
    answer = await undo(client, change)
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["changes"]
    written: Change = found
    return written


async def changes(client: httpx.AsyncClient, after: int = 0) -> list[Change]:
    """The whole log, from a number on; what was read once is not read again."""
    cursor, found = READ.get(str(client.base_url), ("0", []))
    more = True
    while more:
        page = (await client.get("/api/v1/changes", params={"after": cursor, "limit": 1000})).json()
        found = found + page["changes"]
        cursor, more = page["next"], page["has_more"]
    READ[str(client.base_url)] = cursor, found
    return [change for change in found if change["seq"] > after]


async def latest(client: httpx.AsyncClient) -> Change:
    """The newest change."""
    return (await changes(client))[-1]


async def everything(client: httpx.AsyncClient) -> dict[str, Task]:
    """All tasks by id, those in the trash included, without what every change counts."""
    tasks = (await client.get("/api/v1/snapshot")).json()["tasks"]
    return {task["id"]: {name: value for name, value in task.items() if name not in COUNTED} for task in tasks}


async def arranged(client: httpx.AsyncClient) -> list[str]:
    """The titles of tasks that are not in the trash, as they are arranged."""
    tasks = (await everything(client)).values()
    return [task["title"] for task in sorted(tasks, key=lambda task: task["position"]) if not task["deleted_at"]]


def new_id() -> str:
    """A UUID of version 7 that nobody has used."""
    number = uuid4().int
    return str(UUID(int=number & ~(0xF << 76) | 7 << 76))
