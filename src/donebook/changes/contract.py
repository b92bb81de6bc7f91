"""The change log, as `/api/v1` shows it. Members may be added; none is ever renamed or removed."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

type Cursor = Annotated[
    str,
    Meta(
        description="A place in the log. Opaque: keep it as it is",
        examples=["AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAQ"],
    ),
]
type Id = Annotated[str, Meta(description="A UUID", examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"])]
type Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, in UTC, always with six digits of a second",
        examples=["2026-01-01T10:00:00.000000Z"],
    ),
]
type Pair = Annotated[list[Any], Meta(min_length=2, max_length=2, description="The value before, and after")]


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """What happened to one task."""

    seq: Annotated[int, Meta(description="Counts up by one in the order of the commits, without gaps")]
    entity: Annotated[Literal["task"], Meta(description="What was changed")]
    entity_id: Id
    op: Literal["create", "update", "delete"]
    diff: Annotated[
        dict[str, Pair],
        Meta(
            description="Each member that moved, with its value before and after; `version` and `updated_at` are never"
            " among them. Empty when nothing else moved, and when the task was deleted for good since."
        ),
    ]
    actor: Annotated[str, Meta(description="Who did it; `database` when it was not done through Donebook")]
    request_id: Annotated[str | None, Meta(description="The request that did it, as in its X-Request-ID")]
    at: Annotated[Timestamp, Meta(description="When; the task's `updated_at` from then on")]


class ChangePage(Struct, frozen=True, kw_only=True):
    """Changes in a row, and where to go on."""

    changes: list[Change]
    next: Annotated[Cursor, Meta(description="Behind the last of these: what to send as `after`")]
    has_more: Annotated[bool, Meta(description="Whether there are more already")]


class History(Struct, frozen=True, kw_only=True):
    """The changes of one task, the oldest first, and where to go on."""

    changes: list[Change]
    next: Annotated[str | None, Meta(description="What to send as `cursor` for more; null when there is none")]


EXAMPLE = Change(
    seq=2,
    entity="task",
    entity_id="01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e",
    op="update",
    diff={"completed": [False, True], "completed_at": [None, "2026-01-01T10:05:00.000000Z"]},
    actor="anybody",
    request_id="4f1c0d7b9a3e",
    at="2026-01-01T10:05:00.000000Z",
)
EXAMPLE_PAGE = ChangePage(changes=[EXAMPLE], next="AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAg", has_more=False)
EXAMPLE_HISTORY = History(changes=[EXAMPLE], next=None)
EXAMPLE_EVENTS = (
    "retry: 1000\nid: AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAQ\n\n"
    'id: AQoaBxxHdkRki6nAhSe_F4IAAAAAAAAAAg\ndata: {"seq":2,"entity":"task",…}\n\n'
)
