"""Changes as `/api/v1` shows them."""

from typing import Any

from donebook.changes.contract import Change
from donebook.changes.feed import Entities
from donebook.wire import timestamp


def shape(change: Any, entities: Entities) -> Change:
    """The change of the contract."""
    return Change(
        seq=change.seq,
        entity=change.entity,
        entity_id=str(change.entity_id),
        op=change.op,
        diff=entities[change.entity](change.op, change.diff),
        actor=change.actor,
        request_id=change.request_id,
        at=timestamp(change.at),
    )
