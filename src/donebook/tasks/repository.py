"""The statements about tasks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Boolean, Text, case, func, insert, select, update

from donebook.db.base import Repository
from donebook.db.statement import WORKSPACE, Statement, given, mine
from donebook.tasks.models import Task

IN_ORDER = Statement[Task](select(Task).where(mine(Task)).order_by(Task.ordinal))

CREATE = Statement[Task](
    insert(Task).values(
        {
            Task.workspace_id: given(WORKSPACE),
            Task.title: given("title"),
            Task.description: given("description"),
        }
    )
)

COMPLETED = given("completed", Boolean)
CHANGE = Statement[Task](
    update(Task)
    .where(mine(Task), Task.id == given("id"))
    .values(
        {
            Task.title: func.coalesce(given("title", Text), Task.title),
            Task.description: func.coalesce(given("description", Text), Task.description),
            Task.completed_at: case(
                (COMPLETED.is_(None), Task.completed_at),
                (COMPLETED, func.coalesce(Task.completed_at, func.now())),
            ),
        }
    )
)


class TaskRepository(Repository[Task]):
    """The tasks of one workspace."""

    model_type = Task

    async def in_order(self) -> Sequence[Task]:
        """Every task, in the order of creation."""
        return await self.rows(IN_ORDER)

    async def create(self, title: str, description: str | None) -> Task:
        """The new task; it is open."""
        [task] = await self.rows(CREATE, title=title, description=description)
        return task

    async def change(
        self, task_id: UUID, *, title: str | None, description: str | None, completed: bool | None
    ) -> Task | None:
        """The task as changed, or None when there is none; None leaves a field alone.

        The first completion's time is kept for as long as the task stays completed.
        """
        return await self.row(CHANGE, id=task_id, title=title, description=description, completed=completed)
