"""Tasks with Litestar and nothing but asyncpg: the limit of the stack that Donebook stands on.

https://docs.litestar.dev/latest/usage/applications.html#lifespan-context-managers and
https://magicstack.github.io/asyncpg/current/usage.html#connection-pools
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from litestar import Litestar, delete, get, patch, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from msgspec import Meta, Struct

type Title = Annotated[str, Meta(min_length=1, max_length=200)]
type Description = Annotated[str, Meta(max_length=50_000)]


class Task(Struct):
    id: UUID
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


class TaskCreate(Struct):
    title: Title
    description: Description | None = None
    completed: bool = False


class TaskUpdate(Struct):
    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None


COLUMNS = "id, title, description, completed, created_at, updated_at"
LIST = f"SELECT {COLUMNS} FROM tasks ORDER BY created_at LIMIT $1"
SEARCH = f"SELECT {COLUMNS} FROM tasks WHERE title ILIKE '%' || $2 || '%' ORDER BY created_at LIMIT $1"
GET = f"SELECT {COLUMNS} FROM tasks WHERE id = $1"
CREATE = f"INSERT INTO tasks (title, description, completed) VALUES ($1, $2, $3) RETURNING {COLUMNS}"
UPDATE = f"""
    UPDATE tasks SET title = coalesce($2, title), description = coalesce($3, description),
        completed = coalesce($4, completed), updated_at = now()
    WHERE id = $1 RETURNING {COLUMNS}
"""
DELETE = "DELETE FROM tasks WHERE id = $1 RETURNING id"


@asynccontextmanager
async def pool(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as app.state.pool:
        yield


async def row(state: State, statement: str, *values: object) -> asyncpg.Record:
    if found := await state.pool.fetchrow(statement, *values):
        return found
    raise NotFoundException("Task not found")


@get("/tasks")
async def list_tasks(state: State, limit: Annotated[int, Parameter(le=200)] = 50, q: str | None = None) -> list[Task]:
    rows = await (state.pool.fetch(LIST, limit) if q is None else state.pool.fetch(SEARCH, limit, q))
    return [Task(*row) for row in rows]


@post("/tasks")
async def create_task(state: State, data: TaskCreate) -> Task:
    return Task(*await row(state, CREATE, data.title, data.description, data.completed))


@get("/tasks/{task_id:uuid}")
async def get_task(state: State, task_id: UUID) -> Task:
    return Task(*await row(state, GET, task_id))


@patch("/tasks/{task_id:uuid}")
async def update_task(state: State, task_id: UUID, data: TaskUpdate) -> Task:
    return Task(*await row(state, UPDATE, task_id, data.title, data.description, data.completed))


@delete("/tasks/{task_id:uuid}")
async def delete_task(state: State, task_id: UUID) -> None:
    await row(state, DELETE, task_id)


app = Litestar(route_handlers=[list_tasks, create_task, get_task, update_task, delete_task], lifespan=[pool])
