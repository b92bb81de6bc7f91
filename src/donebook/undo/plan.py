"""What it means to take changes back, and what stands in the way."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from donebook.changes.models import Change

type Entity = tuple[str, UUID]
type Members = Mapping[str, Any]


class Target(Struct, frozen=True):
    """What one entity was before some changes of it, and is after them; None where it is not there.

    Where it is there on both sides, only members that differ are told.
    """

    before: Members | None
    after: Members | None
    last: Change
    """The last of the changes."""

    @property
    def moves(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self.before or self.after)

    @property
    def members(self) -> Collection[str] | None:
        """The members that newer changes must not have moved; None when they are all that there are."""
        return None if self.before is None or self.after is None else self.before.keys()

    def touched_by(self, change: Any) -> bool:
        """Whether a newer change is about the same members; to come or to go is about all of them."""
        if change.op != "update" or self.members is None:
            return change.op != "update" or bool(change.members)
        return any(name in self.members for name in change.members or ())


def targets(changes: Iterable[Change]) -> dict[Entity, Target]:
    """What changes in a row have come to, for each entity, in the order of their ids."""
    by_entity: dict[Entity, list[Change]] = {}
    for change in changes:
        by_entity.setdefault((change.entity, change.entity_id), []).append(change)
    return {entity: _target(by_entity[entity]) for entity in sorted(by_entity)}


def _target(changes: Sequence[Change]) -> Target:
    before: dict[str, Any] | None = {}
    for change in reversed(changes):
        earlier = {name: pair[0] for name, pair in change.diff.items()}
        before = None if change.op == "create" else earlier if change.op == "delete" else {**(before or {}), **earlier}
    after: dict[str, Any] | None = {}
    for change in changes:
        later = {name: pair[1] for name, pair in change.diff.items()}
        after = None if change.op == "delete" else later if change.op == "create" else {**(after or {}), **later}
    if before is not None and after is not None:
        moved = [name for name, value in before.items() if name in after and after[name] != value]
        before, after = ({name: side[name] for name in moved} for side in (before, after))
    return Target(before, after, changes[-1])


class Walk:
    """The changes since that may matter, of the entities of some targets, one after the other from the newest on.

    What was undone, and the undoing of it, are as if they had not been, as long as that undoing stands itself. Undoing
    that reaches back to the target or further is a change like any other.
    """

    def __init__(self, targets: Mapping[UUID, Target]) -> None:
        self.targets = targets
        self.latest: dict[UUID, Any] = {}
        """The newest of them, of each entity that has one. What is not there came to its end by one that matters."""
        self._cancelled: dict[UUID, list[tuple[int, int]]] = {}

    def blocked_by(self, change: Any) -> bool:
        """Whether the next change stands, and is about the same members."""
        target = self.targets[change.entity_id]
        self.latest.setdefault(change.entity_id, change)
        cancelled = self._cancelled.setdefault(change.entity_id, [])
        if any(first <= change.seq <= last for first, last in cancelled):
            return False
        if change.undoes_from is not None and change.undoes_from > target.last.seq:
            cancelled.append((change.undoes_from, change.undoes_to))
            return False
        return target.touched_by(change)
