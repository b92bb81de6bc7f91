"""Tasks with Litestar and Advanced Alchemy, as their documentation writes it.

https://docs.advanced-alchemy.litestar.dev/latest/usage/frameworks/litestar.html: `UUIDAuditBase`, a service with an
inner repository, `create_service_dependencies`, the plugin with `before_send_handler="autocommit"`.
"""

import os
from datetime import datetime
from typing import Annotated
from uuid import UUID

from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyPlugin,
    base,
    filters,
    providers,
    repository,
    service,
)
from litestar import Controller, Litestar, delete, get, patch, post
from litestar.params import Parameter
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column


class TaskModel(base.UUIDAuditBase):
    __tablename__ = "tasks"

    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    completed: Mapped[bool] = mapped_column(default=False)


class TaskService(service.SQLAlchemyAsyncRepositoryService[TaskModel]):
    class Repo(repository.SQLAlchemyAsyncRepository[TaskModel]):
        model_type = TaskModel

    repository_type = Repo


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
    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class TaskController(Controller):
    path = "/tasks"
    dependencies = providers.create_service_dependencies(TaskService, "tasks_service")

    @get()
    async def list_tasks(
        self, tasks_service: TaskService, limit: Annotated[int, Parameter(le=200)] = 50, q: str | None = None
    ) -> list[Task]:
        wanted = [filters.OrderBy("created_at", "asc"), filters.LimitOffset(limit, 0)]
        if q is not None:
            wanted.append(filters.SearchFilter("title", q, ignore_case=True))
        tasks = await tasks_service.list(*wanted)
        return [tasks_service.to_schema(task, schema_type=Task) for task in tasks]

    @post()
    async def create_task(self, tasks_service: TaskService, data: TaskCreate) -> Task:
        return tasks_service.to_schema(await tasks_service.create(data), schema_type=Task)

    @get("/{task_id:uuid}")
    async def get_task(self, tasks_service: TaskService, task_id: UUID) -> Task:
        return tasks_service.to_schema(await tasks_service.get(task_id), schema_type=Task)

    @patch("/{task_id:uuid}")
    async def update_task(self, tasks_service: TaskService, task_id: UUID, data: TaskUpdate) -> Task:
        return tasks_service.to_schema(await tasks_service.update(data, item_id=task_id), schema_type=Task)

    @delete("/{task_id:uuid}")
    async def delete_task(self, tasks_service: TaskService, task_id: UUID) -> None:
        await tasks_service.delete(task_id)


alchemy = SQLAlchemyPlugin(
    config=SQLAlchemyAsyncConfig(
        connection_string=os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"),
        before_send_handler="autocommit",
        session_config=AsyncSessionConfig(expire_on_commit=False),
    )
)
app = Litestar(route_handlers=[TaskController], plugins=[alchemy])
