"""What `/api/v1` takes and gives when changes are undone."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from donebook.changes.contract import EXAMPLE, Change

type Seq = Annotated[int, Meta(ge=1, le=2**53 - 1, description="The `seq` of a change", examples=[2])]


class UndoRange(Struct, kw_only=True, forbid_unknown_fields=True):
    """Changes in a row, up to 1,000, that one request made."""

    first: Seq
    last: Seq


class Undone(Struct, frozen=True, kw_only=True):
    """What taking changes back has changed; these can be taken back as well."""

    changes: Annotated[list[Change], Meta(description="In their order; empty when there was nothing to take back")]


EXAMPLE_RANGE: dict[str, Any] = {"first": EXAMPLE.seq, "last": EXAMPLE.seq}
EXAMPLE_UNDONE = Undone(
    changes=[
        Change(
            seq=EXAMPLE.seq + 1,
            entity=EXAMPLE.entity,
            entity_id=EXAMPLE.entity_id,
            op=EXAMPLE.op,
            diff={name: [after, before] for name, (before, after) in EXAMPLE.diff.items()},
            actor=EXAMPLE.actor,
            request_id="9b2d51f07c66",
            at="2026-01-01T10:06:00.000000Z",
        )
    ]
)
