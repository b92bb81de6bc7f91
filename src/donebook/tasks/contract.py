"""The task of `/api/v1`. Members may be added; none is ever renamed or removed."""

import re
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, structs

NO_NUL = "^[^\\u0000]*$"
UUID7 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$(?!\\n)"
VISIBLE = re.compile(
    "[^\\s\\x00-\\x1f\\x7f-\\x9f"
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufff8\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff"
    "\\u2800\\ufff9-\\ufffb\\U00013430-\\U0001343f\\U00016fe4\\U0001d159]"
)
"""A character that shows something: no white space, no control character, not `Default_Ignorable_Code_Point` (Unicode
16, DerivedCoreProperties.txt), and none of the last line's, which have no glyph either (the empty Braille pattern, …).
"""

type Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, in UTC, always with six digits of a second",
        examples=["2026-01-01T10:00:00.000000Z"],
    ),
]
type Id = Annotated[str, Meta(description="A UUID", examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"])]
type OtherId = Annotated[
    str, Meta(description="The UUID of another task", examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0f"])
]
type Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=NO_NUL,
        extra={"expected": "text without NUL characters"},
        description="1 to 200 characters (code points), without NUL, at least one of them visible",
        examples=["Buy milk"],
    ),
]
type Description = Annotated[
    str,
    Meta(
        max_length=50_000,
        pattern=NO_NUL,
        extra={"expected": "text without NUL characters"},
        description="Up to 50,000 characters (code points), without NUL",
        examples=["Two bottles, the blue ones"],
    ),
]
type NewId = Annotated[
    str,
    Meta(
        pattern=UUID7,
        extra={"expected": "a UUID of version 7"},
        description="A UUID of version 7 that the client made: the same task sent again is not a second one",
        examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"],
    ),
]


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


class Titled(Struct):
    """What gives a task its title. Tasks of `/tasks` may have one that shows nothing."""

    def __post_init__(self) -> None:
        """Check what the types cannot say.

        Raises:
            ValueError: when the title shows nothing.
        """
        title: str | UnsetType = getattr(self, "title", UNSET)
        if title is not UNSET and not VISIBLE.search(title):
            raise ValueError("Expected a title with at least one visible character")


class TaskCreate(Titled, kw_only=True, forbid_unknown_fields=True):
    """A new task."""

    title: Title
    description: Description | None = None
    completed: bool = False
    id: NewId | None = None


class TaskPatch(Titled, kw_only=True, forbid_unknown_fields=True):
    """What may change, as a JSON merge patch (RFC 7396): an absent member stays as it is, a null clears it."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class Placement(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a task goes: right before another, or right behind it. Exactly one of the two."""

    before: OtherId | UnsetType = UNSET
    after: OtherId | UnsetType = UNSET


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
EXAMPLE_OTHER_ID = "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0f"
EXAMPLE_PLACEMENT: dict[str, Any] = {"before": EXAMPLE_OTHER_ID}
EXAMPLE_SNAPSHOT = Snapshot(cursor="AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAQ", tasks=[EXAMPLE])
EXAMPLE_PAGE = TaskPage(items=[EXAMPLE], next="YWJjZGVmZ2hbMSwiODAwMDAwMDAwMDAxIl0")
EXAMPLE_TRASH = TaskPage(items=[EXAMPLE_TRASHED], next=None)
