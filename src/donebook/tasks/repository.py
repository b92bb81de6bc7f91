"""The statements about tasks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, func, null, select, update
from sqlalchemy import cast as sql_cast

from donebook.db.base import Repository
from donebook.tasks.models import Task


class TaskRepository(Repository[Task]):
    """The tasks of one workspace."""

    model_type = Task

    async def in_order(self) -> Sequence[Task]:
        """Every task, in the order of creation."""
        return await self.rows(select(Task).where(self.mine).order_by(Task.ordinal))

    async def change(
        self, task_id: UUID, *, title: str | None, description: str | None, completed: bool | None
    ) -> Task | None:
        """The task as changed, or None when there is none; None leaves a field alone.

        The first completion's time is kept for as long as the task stays completed.
        """
        kept = {
            None: Task.completed_at,
            True: func.coalesce(Task.completed_at, func.now()),
            False: null(),
        }
        return await self.row(
            update(Task)
            .where(self.mine, Task.id == task_id)
            .values(
                {
                    Task.title: func.coalesce(sql_cast(title, Text), Task.title),
                    Task.description: func.coalesce(sql_cast(description, Text), Task.description),
                    Task.completed_at: kept[completed],
                }
            )
        )
