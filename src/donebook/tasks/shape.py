"""The stored task as `/api/v1` shows it."""

from donebook.tasks import models
from donebook.tasks.contract import Task
from donebook.wire import timestamp


def shape(task: models.Task) -> Task:
    """The task of the contract."""
    return Task(
        id=str(task.id),
        title=task.title,
        description=task.description,
        completed=task.completed_at is not None,
        completed_at=None if task.completed_at is None else timestamp(task.completed_at),
        position=task.position,
        created_at=timestamp(task.created_at),
        updated_at=timestamp(task.updated_at),
        version=task.version,
        deleted_at=None if task.deleted_at is None else timestamp(task.deleted_at),
    )
