"""`/api/v1/tasks`: the whole task."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET

from donebook.answers import Answer
from donebook.db.models import Versions
from donebook.idempotency import provide_key
from donebook.openapi import BODY, DATABASE, FOUND, KEY, MATCH, WRITE, answers, examples
from donebook.preconditions import IfNoneMatch, etag, provide_versions, unchanged
from donebook.problems import BadPrecondition, IdTaken, Invalid, TaskNotFound
from donebook.tasks import contract, models
from donebook.tasks.contract import Placement, Task, TaskCreate, TaskPatch
from donebook.tasks.lists import Lists, Trash
from donebook.tasks.service import TaskService
from donebook.tasks.shape import shape
from donebook.wire import parse_id

TaskId = Annotated[str, PathParameter(description="The task's id", examples=[Example(value=contract.EXAMPLE.id)])]
KEYED = {"key": Provide(provide_key)}
GUARDED = {**KEYED, "versions": Provide(provide_versions, sync_to_thread=False)}
CHANGED = answers(*KEY, *MATCH, *FOUND, *WRITE)


class TaskController(Lists, Controller):
    """Tasks that are not in the trash."""

    path = "/api/v1/tasks"
    tags = ["Tasks v1"]

    @post(
        operation_id="addTask",
        summary="Add a task",
        response_description="The task, stored",
        responses={
            200: ResponseSpec(Task, description="This task was added before, with the same", generate_examples=False),
            **answers(*BODY, *KEY, *WRITE, IdTaken),
        },
        dependencies=KEYED,
        opt=examples(contract.EXAMPLE, body=contract.EXAMPLE_CREATE),
    )
    async def add_task(self, tasks: NamedDependency[TaskService], data: JSONBody[TaskCreate]) -> Response[Task]:
        """Add a task; it comes last. With an id of the client's own, sending it again adds no second one."""
        task, new = await tasks.add(
            data.title,
            data.description,
            completed=data.completed,
            task_id=None if data.id is None else UUID(data.id),
        )
        return answer(task, status=201 if new else 200)

    @get(
        "/{task_id:str}",
        operation_id="getTask",
        summary="Get a task",
        response_description="The task",
        responses={
            304: ResponseSpec(None, description="It is still that version", generate_examples=False),
            **answers(BadPrecondition, *FOUND, *DATABASE),
        },
        opt=examples(contract.EXAMPLE),
    )
    async def get_task(
        self, tasks: NamedDependency[TaskService], task_id: TaskId, if_none_match: IfNoneMatch = None
    ) -> Response[Task]:
        """One task."""
        return answer(await tasks.one(known(task_id)), seen=if_none_match)

    @patch(
        "/{task_id:str}",
        operation_id="editTask",
        summary="Change a task",
        response_description="The task, changed",
        responses=answers(*BODY, *KEY, *MATCH, *FOUND, *WRITE),
        dependencies=GUARDED,
        opt=examples(contract.EXAMPLE, body=contract.EXAMPLE_PATCH),
    )
    async def edit_task(
        self,
        tasks: NamedDependency[TaskService],
        versions: NamedDependency[Versions],
        task_id: TaskId,
        data: JSONBody[TaskPatch],
    ) -> Response[Task]:
        """Change members of a task, as a JSON merge patch; what is not named is left alone, null clears."""
        return answer(
            await tasks.edit(
                known(task_id),
                title=data.title,
                description=data.description,
                completed=data.completed,
                versions=versions,
            )
        )

    @delete(
        "/{task_id:str}",
        operation_id="trashTask",
        summary="Move a task to the trash",
        response_description="The task is in the trash",
        responses=CHANGED,
        dependencies=GUARDED,
    )
    async def trash_task(
        self, tasks: NamedDependency[TaskService], versions: NamedDependency[Versions], task_id: TaskId
    ) -> None:
        """Move a task to the trash, from where it can be restored."""
        await tasks.trash(known(task_id), versions=versions)

    @put(
        "/{task_id:str}/completion",
        operation_id="completeTask",
        summary="Mark a task done",
        response_description="The task, done",
        responses=CHANGED,
        dependencies=GUARDED,
        opt=examples(contract.EXAMPLE_COMPLETED),
    )
    async def complete_task(
        self, tasks: NamedDependency[TaskService], versions: NamedDependency[Versions], task_id: TaskId
    ) -> Response[Task]:
        """Mark a task done. The first completion's time is kept."""
        return answer(await tasks.edit(known(task_id), completed=True, versions=versions))

    @delete(
        "/{task_id:str}/completion",
        status_code=200,
        operation_id="reopenTask",
        summary="Mark a task not done",
        response_description="The task, open",
        responses=CHANGED,
        dependencies=GUARDED,
        opt=examples(contract.EXAMPLE),
    )
    async def reopen_task(
        self, tasks: NamedDependency[TaskService], versions: NamedDependency[Versions], task_id: TaskId
    ) -> Response[Task]:
        """Mark a task not done."""
        return answer(await tasks.edit(known(task_id), completed=False, versions=versions))

    @put(
        "/{task_id:str}/position",
        operation_id="moveTask",
        summary="Move a task next to another",
        response_description="The task, with its new position",
        responses=answers(*BODY, *KEY, *MATCH, *FOUND, *WRITE),
        dependencies=GUARDED,
        opt=examples(contract.EXAMPLE, body=contract.EXAMPLE_PLACEMENT, members=1),
    )
    async def move_task(
        self,
        tasks: NamedDependency[TaskService],
        versions: NamedDependency[Versions],
        task_id: TaskId,
        data: JSONBody[Placement],
    ) -> Response[Task]:
        """Move a task right before or right behind another."""
        anchor, before = neighbour(data)
        return answer(await tasks.place(known(task_id), anchor, before=before, versions=versions))

    @post(
        "/{task_id:str}/restore",
        status_code=200,
        operation_id="restoreTask",
        summary="Take a task out of the trash",
        response_description="The task, where it was",
        responses=CHANGED,
        dependencies=GUARDED,
        opt=examples(contract.EXAMPLE),
    )
    async def restore_task(
        self, tasks: NamedDependency[TaskService], versions: NamedDependency[Versions], task_id: TaskId
    ) -> Response[Task]:
        """Take a task out of the trash; it is what it was, and where it was."""
        return answer(await tasks.restore(known(task_id), versions=versions))


class TrashController(Trash, Controller):
    """Tasks in the trash."""

    path = "/api/v1/tasks/trash"
    tags = ["Tasks v1"]

    @delete(
        "/{task_id:str}",
        operation_id="eraseTask",
        summary="Delete a task for good",
        response_description="The task and its content are gone",
        responses=CHANGED,
        dependencies=GUARDED,
    )
    async def erase_task(
        self, tasks: NamedDependency[TaskService], versions: NamedDependency[Versions], task_id: TaskId
    ) -> None:
        """Delete a task in the trash for good, with what the log says of it. Nothing brings it back.

        A task that has no row any more, since its creation was undone, is deleted from the log.
        """
        await tasks.erase(known(task_id), versions=versions)


def answer(task: models.Task, *, status: int = 200, seen: str | None = None) -> Response[Task]:
    """The task with its ETag, or 304 when that was seen."""
    headers = {"ETag": etag(task.version)}
    if unchanged(seen, task.version):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return Answer(shape(task), status_code=status, headers=headers)


def known(task_id: str, missing: str | None = None) -> UUID:
    """The id, when it has the form of one.

    Raises:
        TaskNotFound: when it is not a UUID, so that no task has it.
    """
    found = parse_id(task_id)
    if found is None:
        raise TaskNotFound(missing)
    return found


def neighbour(placement: Placement) -> tuple[UUID, bool]:
    """Which task to move next to, and whether before it.

    Raises:
        Invalid: unless exactly one of `before` and `after` is there.
    """
    before, after = placement.before, placement.after
    if (before is UNSET) is (after is UNSET):
        raise Invalid("Expected one of before and after, not both or neither")
    anchor = after if before is UNSET else before
    assert isinstance(anchor, str)  # noqa: S101
    return known(anchor, "The task to move next to was not found"), before is not UNSET
