"""The frozen contract of `/tasks`: what its clients send and get, for ever, whatever the storage does."""

from typing import Annotated

from msgspec import Meta, Struct, structs

type Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339, in UTC, always with six digits of a second",
        examples=["2026-01-01T10:00:00.000000Z"],
    ),
]
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


class BaselineTask(
    Struct, frozen=True, kw_only=True, gc=False
):  # texts and a bool: nothing that the collector need look at
    """A task: exactly these six members, always all present."""

    id: Annotated[str, Meta(description="Opaque; a UUID", examples=["01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"])]
    title: str
    description: str | None
    completed: bool
    created_at: Timestamp
    updated_at: Timestamp


class BaselineTaskCreate(Struct, kw_only=True):
    """A new task. Members that are not named here are ignored; a new task is never completed."""

    title: Title
    description: Description | None = None


class BaselineTaskUpdate(Struct, kw_only=True):
    """What may change; an absent member or a null leaves the field as it is."""

    title: Title | None = None
    description: Description | None = None
    completed: bool | None = None


EXAMPLE_CREATE = BaselineTaskCreate(title="Buy milk", description="Two bottles, the blue ones")
EXAMPLE_UPDATE = BaselineTaskUpdate(completed=True)
EXAMPLE = BaselineTask(
    id="01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e",
    title="Buy milk",
    description="Two bottles, the blue ones",
    completed=False,
    created_at="2026-01-01T10:00:00.000000Z",
    updated_at="2026-01-01T10:00:00.000000Z",
)
EXAMPLE_UPDATED = structs.replace(EXAMPLE, completed=True, updated_at="2026-01-01T10:05:00.000000Z")
