"""The rules about tasks."""

from collections.abc import Sequence
from uuid import UUID

from donebook.db.base import Service
from donebook.problems import TaskNotFound
from donebook.tasks.models import Task
from donebook.tasks.repository import TaskRepository


class TaskService(Service[Task, TaskRepository]):
    """The tasks of one workspace; no statement can reach another."""

    repository_type = TaskRepository

    async def in_order(self) -> Sequence[Task]:
        """Every task, in the order of creation."""
        return await self.repository.in_order()

    async def add(self, title: str, description: str | None) -> Task:
        """The new task, as stored; it is open."""
        return await self.repository.create(title, description)

    async def change(
        self,
        task_id: UUID,
        *,
        title: str | None = None,
        description: str | None = None,
        completed: bool | None = None,
    ) -> Task:
        """The task as changed; None leaves a field alone.

        Raises:
            TaskNotFound: when there is no such task.
        """
        task = await self.repository.change(task_id, title=title, description=description, completed=completed)
        if task is None:
            raise TaskNotFound
        return task

    async def remove(self, task_id: UUID) -> None:
        """Remove a task for good.

        Raises:
            TaskNotFound: when there is no such task.
        """
        if await self.repository.delete(task_id) is None:
            raise TaskNotFound
