"""Changes as `/api/v1` shows them."""

from collections.abc import Callable, Mapping
from typing import Any

from donebook.changes.contract import Change
from donebook.changes.feed import Entities
from donebook.tasks import shape as tasks
from donebook.wire import timestamp

CURRENT: Mapping[str, Callable[[Any], Any]] = {"task": tasks.shape}
"""How what changes are about is shown as it is now, by the log's name for it."""


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
