"""Where a batch is worked out before anything is written: copies of the tasks, which its operations change in turn."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from donebook.batch.operations import (
    CompleteOperation,
    CreateOperation,
    MoveOperation,
    Operation,
    ReopenOperation,
    RestoreOperation,
    TrashOperation,
    UpdateOperation,
)
from donebook.changes.models import Change
from donebook.problems import IdTaken, Invalid, Stale, TaskNotFound
from donebook.tasks.models import Task
from donebook.tasks.shape import shape
from donebook.wire import parse_id

NOW = "now"
"""The time of the batch, as the database reads it."""
NO_ANCHOR = "The task to move next to was not found"

type Time = datetime | str | None
type Given = tuple[str, str | None, bool]


class Draft(Struct, eq=False):
    """A task in the midst of a batch."""

    id: UUID | None
    title: str
    description: str | None
    completed_at: Time
    deleted_at: Time
    stored: Task | None
    created: Given
    """With what it was created."""

    @property
    def since(self) -> str | None:
        """When a new task was done at first."""
        return NOW if self.stored is None and self.created[2] else None

    def create(self) -> dict[str, Any]:
        """The new row, as it was given: what follows is a change of its own, so that the log tells both."""
        title, description, completed = self.created
        return {"id": self.id, "title": title, "description": description, "completed_at": NOW if completed else None}

    def change(self, stored: Task) -> dict[str, Any] | None:
        """The row as changed; None when nothing in it differs."""
        new = {
            "title": self.title,
            "description": self.description,
            "completed_at": stored.completed_at if self.completed_at == NOW == self.since else self.completed_at,
            "deleted_at": self.deleted_at,
        }
        if all(getattr(stored, name) == value for name, value in new.items()):
            return None
        return {"id": stored.id, "position": stored.position, **new}


class Desk:
    """The tasks that a batch names.

    Args:
        tasks: those that are there, with `kept`: whether the trash still gives them back.
        lives: when tasks of the ids that the batch would create came and went.
    """

    def __init__(self, tasks: Iterable[Task], lives: Sequence[Change]) -> None:
        made = {change.entity_id: change for change in lives if change.op == "create" and change.undoes_from is None}
        self.taken = {change.entity_id for change in lives}
        self.lost = {task.id for task in tasks if task.deleted_at is not None and not task.kept}  # type: ignore[attr-defined]
        self.drafts = {task.id: _draft(task, made.get(task.id)) for task in tasks}
        self.new: list[Draft] = []
        self.moves: list[tuple[UUID, UUID, bool]] = []

    @singledispatchmethod
    def apply(self, operation: Operation) -> Draft:
        """Do one operation; the task that it is about.

        Raises:
            TaskNotFound: when there is none.
            Stale: when it has not the version that was asked for.
            IdTaken: when it cannot be created.
        """
        raise TypeError(f"not an operation: {operation}")

    @apply.register
    def _(self, operation: CreateOperation) -> Draft:
        given = operation.title, operation.description, operation.completed
        task_id = None if operation.id is None else UUID(operation.id)
        found = None if task_id is None else self.drafts.get(task_id)
        if found is not None:
            if found.created != given:
                raise IdTaken
            return found
        if task_id in self.taken:
            raise IdTaken("This id was used for a task that was deleted")
        completed = NOW if operation.completed else None
        draft = Draft(task_id, operation.title, operation.description, completed, None, None, given)
        self.new.append(draft)
        if task_id is not None:
            self.drafts[task_id] = draft
        return draft

    @apply.register
    def _(self, operation: UpdateOperation) -> Draft:
        draft = self._live(operation)
        if operation.title is not UNSET:
            draft.title = operation.title
        if operation.description is not UNSET:
            draft.description = operation.description
        if operation.completed is not UNSET:
            draft.completed_at = (draft.completed_at or NOW) if operation.completed else None
        return draft

    @apply.register
    def _(self, operation: CompleteOperation) -> Draft:
        draft = self._live(operation)
        draft.completed_at = draft.completed_at or NOW
        return draft

    @apply.register
    def _(self, operation: ReopenOperation) -> Draft:
        draft = self._live(operation)
        draft.completed_at = None
        return draft

    @apply.register
    def _(self, operation: MoveOperation) -> Draft:
        draft = self._live(operation)
        before = operation.before is not UNSET
        name = operation.before if before else operation.after
        anchor = parse_id(str(name))
        neighbour = None if anchor is None else self.drafts.get(anchor)
        if neighbour is None or neighbour.deleted_at is not None:
            raise TaskNotFound(NO_ANCHOR)
        assert draft.id is not None and anchor is not None  # noqa: S101, PT018
        self.moves.append((draft.id, anchor, before))
        return draft

    @apply.register
    def _(self, operation: TrashOperation) -> Draft:
        draft = self._live(operation)
        draft.deleted_at = NOW
        return draft

    @apply.register
    def _(self, operation: RestoreOperation) -> Draft:
        draft = self._known(operation)
        if draft.deleted_at is not None and draft.id in self.lost:
            raise TaskNotFound
        draft.deleted_at = None
        return _expect(draft, operation.version)

    def _live(self, operation: Any) -> Draft:
        draft = self._known(operation)
        if draft.deleted_at is not None:
            raise TaskNotFound
        return _expect(draft, operation.version)

    def _known(self, operation: Any) -> Draft:
        task_id = parse_id(operation.id)
        draft = None if task_id is None else self.drafts.get(task_id)
        if draft is None:
            raise TaskNotFound
        return draft


def _draft(task: Task, creation: Change | None) -> Draft:
    created: Given = task.title, task.description, task.completed_at is not None
    if creation is not None:
        diff = creation.diff
        created = diff["title"][1], diff["description"][1], diff["completed_at"][1] is not None
    return Draft(task.id, task.title, task.description, task.completed_at, task.deleted_at, task, created)


def _expect(draft: Draft, version: int | UnsetType) -> Draft:
    if version is UNSET:
        return draft
    if draft.stored is None:
        if version != 1:
            raise Invalid("A task that the same batch creates has version 1")
    elif draft.stored.version != version:
        raise Stale(current=shape(draft.stored))
    return draft
