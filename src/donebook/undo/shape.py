"""Changes as `/api/v1` shows them."""

from collections.abc import Callable, Mapping
from typing import Any

from donebook.changes.contract import Change
from donebook.wire import timestamp

type Entities = Mapping[str, Callable[[str, Mapping[str, list[Any]]], dict[str, list[Any]]]]
"""How the logged differences of each kind of entity are said in the contract's names."""


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
