"""The task of `/api/v1`. Members may be added; none is ever renamed or removed."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, structs

type Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, in UTC, always with six digits of a second",
        examples=["2026-01-01T10:00:00.000000Z"],
    ),
]
type Id = Annotated[str, Meta(description="A UUID", examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"])]
type Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern="^[^\\u0000]*$",
        description="1 to 200 characters (code points), without NUL",
        examples=["Buy milk"],
    ),
]
type Description = Annotated[
    str,
    Meta(
        max_length=50_000,
        pattern="^[^\\u0000]*$",
        description="Up to 50,000 characters (code points), without NUL",
        examples=["Two bottles, the blue ones"],
    ),
]
UUID7 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$(?!\\n)"


class Task(Struct, frozen=True, kw_only=True, gc=False):
    """A task."""

    id: Id
    title: str
    description: str | None
    completed: bool
    completed_at: Annotated[Timestamp | None, Meta(description="Since when it is done")]
    position: Annotated[
        str, Meta(description="Tasks are arranged by this, compared byte by byte", examples=["800000000001"])
    ]
    created_at: Timestamp
    updated_at: Timestamp
    version: Annotated[int, Meta(description="Counts the changes; also the ETag", examples=[1])]
    deleted_at: Annotated[Timestamp | None, Meta(description="Since when it is in the trash")]


class TaskCreate(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new task."""

    title: Title
    description: Description | None = None
    completed: bool = False
    id: (
        Annotated[
            str,
            Meta(
                pattern=UUID7,
                description="A UUID of version 7 that the client made: the same task sent again is not a second one",
                examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"],
            ),
        ]
        | None
    ) = None


class TaskPatch(Struct, kw_only=True, forbid_unknown_fields=True):
    """What may change, as a JSON merge patch (RFC 7396): an absent member stays as it is, a null clears it."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class Placement(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a task goes: right before another, or right behind it. Exactly one of the two."""

    before: Id | UnsetType = UNSET
    after: Id | UnsetType = UNSET


class Snapshot(Struct, frozen=True, kw_only=True):
    """Every task at one moment."""

    cursor: Annotated[
        str,
        Meta(
            description="The place in the log at which the tasks were so: what to send as `after`. Opaque",
            examples=["AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAQ"],
        ),
    ]
    tasks: Annotated[list[Task], Meta(description="All of them, also those in the trash, as they are arranged")]


class TaskPage(Struct, frozen=True, kw_only=True):
    """One page of tasks, and where the next begins."""

    items: list[Task]
    next: Annotated[
        str | None,
        Meta(
            description="The cursor of the next page, which means nothing to clients; null on the last page, and only"
            " there. With `updated_since` and another `sort`, earlier pages may have fewer tasks than `limit`, or none"
        ),
    ]


class Segment(Struct, frozen=True, kw_only=True, gc=False):
    """A part of a text."""

    text: str
    match: Annotated[bool, Meta(description="Whether this is what was looked for")]


class Highlights(Struct, frozen=True, kw_only=True):
    """Where a task has what was looked for."""

    title: Annotated[list[Segment], Meta(description="Joined, their texts are the title")]
    description: Annotated[
        list[Segment] | None,
        Meta(description="Joined, their texts are the description around its first match; null when it has none"),
    ]


class FoundTasks(Struct, frozen=True, kw_only=True):
    """The tasks that have what was looked for, best first; there is no further page."""

    items: list[Task]
    next: None
    highlights: Annotated[dict[str, Highlights], Meta(description="By the id of the task")]


EXAMPLE = Task(
    id="01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e",
    title="Buy milk",
    description="Two bottles, the blue ones",
    completed=False,
    completed_at=None,
    position="800000000001",
    created_at="2026-01-01T10:00:00.000000Z",
    updated_at="2026-01-01T10:00:00.000000Z",
    version=1,
    deleted_at=None,
)
EXAMPLE_COMPLETED = structs.replace(
    EXAMPLE,
    completed=True,
    completed_at="2026-01-01T10:05:00.000000Z",
    updated_at="2026-01-01T10:05:00.000000Z",
    version=2,
)
EXAMPLE_TRASHED = structs.replace(
    EXAMPLE, deleted_at="2026-01-01T10:05:00.000000Z", updated_at="2026-01-01T10:05:00.000000Z", version=2
)
EXAMPLE_CREATE = TaskCreate(title="Buy milk", description="Two bottles, the blue ones")
EXAMPLE_PATCH: dict[str, Any] = {"description": None}
EXAMPLE_PLACEMENT: dict[str, Any] = {"before": "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0f"}
EXAMPLE_SNAPSHOT = Snapshot(cursor="AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAQ", tasks=[EXAMPLE])
EXAMPLE_PAGE = TaskPage(items=[EXAMPLE], next="YWJjZGVmZ2hbMSwiODAwMDAwMDAwMDAxIl0")
EXAMPLE_TRASH = TaskPage(items=[EXAMPLE_TRASHED], next=None)
