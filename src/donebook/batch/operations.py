"""What a batch is made of. Operations may be added; none is ever renamed or removed."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from donebook.tasks.contract import (
    EXAMPLE,
    EXAMPLE_COMPLETED,
    EXAMPLE_PLACEMENT,
    Description,
    Id,
    NewId,
    Placement,
    Task,
    Title,
    Titled,
)

type Version = Annotated[
    int, Meta(ge=1, description="Only when the task has this version before the batch; else the answer is 412")
]


class CreateOperation(Titled, tag_field="op", tag="create", kw_only=True, forbid_unknown_fields=True):
    """Add a task; it comes last. Its id can be named by the operations that follow."""

    title: Title
    description: Description | None = None
    completed: bool = False
    id: NewId | None = None


class UpdateOperation(Titled, tag_field="op", tag="update", kw_only=True, forbid_unknown_fields=True):
    """Change members of a task; an absent one stays as it is, a null clears it."""

    id: Id
    version: Version | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class CompleteOperation(Struct, tag_field="op", tag="complete", kw_only=True, forbid_unknown_fields=True):
    """Mark a task done. The first completion's time is kept."""

    id: Id
    version: Version | UnsetType = UNSET


class ReopenOperation(Struct, tag_field="op", tag="reopen", kw_only=True, forbid_unknown_fields=True):
    """Mark a task not done."""

    id: Id
    version: Version | UnsetType = UNSET


class MoveOperation(Placement, tag_field="op", tag="move", kw_only=True, forbid_unknown_fields=True):
    """Move a task right before another, or right behind it. Exactly one of the two."""

    id: Id
    version: Version | UnsetType = UNSET

    def __post_init__(self) -> None:
        """What the types cannot say.

        Raises:
            ValueError: unless exactly one of `before` and `after` is there.
        """
        if (self.before is UNSET) is (self.after is UNSET):
            raise ValueError("Expected one of before and after, not both or neither")


class TrashOperation(Struct, tag_field="op", tag="trash", kw_only=True, forbid_unknown_fields=True):
    """Move a task to the trash."""

    id: Id
    version: Version | UnsetType = UNSET


class RestoreOperation(Struct, tag_field="op", tag="restore", kw_only=True, forbid_unknown_fields=True):
    """Take a task out of the trash."""

    id: Id
    version: Version | UnsetType = UNSET


type Operation = (
    CreateOperation
    | UpdateOperation
    | CompleteOperation
    | ReopenOperation
    | MoveOperation
    | TrashOperation
    | RestoreOperation
)


class Batch(Struct, kw_only=True, forbid_unknown_fields=True):
    """Operations that happen together, or not at all; each sees what those before it did."""

    operations: Annotated[list[Operation], Meta(min_length=1, max_length=100)]


class BatchResult(Struct, frozen=True, kw_only=True, gc=False):
    """What came of one operation."""

    task: Annotated[Task, Meta(description="The task as it is after the whole batch")]


class BatchResults(Struct, frozen=True, kw_only=True):
    """What came of each operation, in their order."""

    results: list[BatchResult]


_CREATE = {"op": "create", "id": EXAMPLE.id, "title": EXAMPLE.title, "description": EXAMPLE.description}
_COMPLETE = {"op": "complete", "id": EXAMPLE.id}
EXAMPLE_BATCHES: dict[str, dict[str, Any]] = {
    name: {"operations": operations}
    for name, operations in {
        "create and complete": [_CREATE, _COMPLETE],
        "create": [_CREATE],
        "update": [{"op": "update", "id": EXAMPLE.id, "version": EXAMPLE.version, "description": None}],
        "complete": [_COMPLETE],
        "reopen": [{"op": "reopen", "id": EXAMPLE.id}],
        "move": [{"op": "move", "id": EXAMPLE.id, **EXAMPLE_PLACEMENT}],
        "trash": [{"op": "trash", "id": EXAMPLE.id}],
        "restore": [{"op": "restore", "id": EXAMPLE.id}],
    }.items()
}
EXAMPLE_RESULTS = BatchResults(results=[BatchResult(task=EXAMPLE_COMPLETED), BatchResult(task=EXAMPLE_COMPLETED)])
