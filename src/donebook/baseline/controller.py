"""`/tasks`, as its first clients know it. Nothing here changes, ever; optional headers and parameters may be added."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter

from donebook.answers import Listed
from donebook.baseline import contract
from donebook.baseline.body import BaselineJSON
from donebook.baseline.contract import BaselineTask, BaselineTaskCreate, BaselineTaskUpdate
from donebook.idempotency import provide_key
from donebook.openapi import BODY, DATABASE, FOUND, KEY, WRITE, answers, examples
from donebook.problems import TaskNotFound
from donebook.tasks import models
from donebook.tasks.service import TaskService
from donebook.wire import parse_id, timestamp

PATH = "/tasks"
TaskId = Annotated[str, PathParameter(description="The task's id", examples=[Example(value=contract.EXAMPLE.id)])]
KEYED = {"key": Provide(provide_key)}


class BaselineController(Controller):
    """The frozen contract."""

    path = PATH
    tags = ["Tasks"]
    dto = BaselineJSON

    @get(
        operation_id="listTasks",
        summary="List every task",
        response_description="Every task; an empty array when there is none",
        responses=answers(*DATABASE, path=PATH),
        opt=examples([contract.EXAMPLE]),
    )
    async def list_tasks(self, tasks: NamedDependency[TaskService]) -> Response[list[BaselineTask]]:
        """Every task, in the order in which they were created."""
        return Listed(await tasks.in_order(), shape)

    @post(
        operation_id="createTask",
        summary="Add a task",
        response_description="The task, stored",
        responses=answers(*BODY, *KEY, *WRITE, path=PATH),
        dependencies=KEYED,
        opt=examples(contract.EXAMPLE, body=contract.EXAMPLE_CREATE),
    )
    async def create_task(
        self, tasks: NamedDependency[TaskService], data: JSONBody[BaselineTaskCreate]
    ) -> BaselineTask:
        """Add a task. It is open, whatever the body says."""
        task, _ = await tasks.add(data.title, data.description)
        return shape(task)

    @put(
        "/{task_id:str}",
        operation_id="updateTask",
        summary="Change a task",
        response_description="The task, changed",
        responses=answers(*BODY, *KEY, *FOUND, *WRITE, path=PATH),
        dependencies=KEYED,
        opt=examples(contract.EXAMPLE_UPDATED, body=contract.EXAMPLE_UPDATE),
    )
    async def update_task(
        self, tasks: NamedDependency[TaskService], task_id: TaskId, data: JSONBody[BaselineTaskUpdate]
    ) -> BaselineTask:
        """Change a task. An absent member or a null leaves the field as it is."""
        return shape(
            await tasks.change(known(task_id), title=data.title, description=data.description, completed=data.completed)
        )

    @delete(
        "/{task_id:str}",
        operation_id="deleteTask",
        summary="Delete a task",
        response_description="The task is gone",
        responses=answers(*KEY, *FOUND, *WRITE, path=PATH),
        dependencies=KEYED,
    )
    async def delete_task(self, tasks: NamedDependency[TaskService], task_id: TaskId) -> None:
        """Delete a task."""
        await tasks.trash(known(task_id))


def known(task_id: str) -> UUID:
    """The id, when it has the form of one; to these clients any other is simply a task that is not there.

    Raises:
        TaskNotFound: when it is not a UUID.
    """
    found = parse_id(task_id)
    if found is None:
        raise TaskNotFound
    return found


def shape(task: models.Task) -> BaselineTask:
    """The stored task as the frozen contract shows it."""
    return BaselineTask(
        id=str(task.id),
        title=task.title,
        description=task.description,
        completed=task.completed_at is not None,
        created_at=timestamp(task.created_at),
        updated_at=timestamp(task.updated_at),
    )
