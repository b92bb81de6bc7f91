"""The rules by which changes are taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from donebook.changes.cursor import LAST
from donebook.changes.feed import Entities
from donebook.changes.models import Change
from donebook.db.base import Service, Session
from donebook.db.bulk import members
from donebook.db.caller import Caller
from donebook.db.keys import Key
from donebook.db.models import Versions
from donebook.db.transaction import Transaction
from donebook.problems import ChangedSince, ChangeNotFound, Erased, Forgotten, Invalid, Stale
from donebook.undo.plan import Entity, Target, Walk, targets
from donebook.undo.repository import MODELS, UndoRepository
from donebook.undo.shape import CURRENT, shape

NOW = "now"
MOST = 1000
PORTION, PORTIONS = 1000, 20
"""Newer changes that may matter, as many as are looked at, at once and in all."""


class UndoService(Service[Change, UndoRepository]):
    """Undo in one workspace.

    Args:
        session: whose engine to use.
        caller: for whom.
        key: the idempotency key of the request.
        keep: how long the trash keeps things.
        entities: how changes are said in the contract's names.
    """

    repository_type = UndoRepository

    def __init__(
        self, session: Session, *, caller: Caller, key: Key | None, keep: timedelta, entities: Entities
    ) -> None:
        super().__init__(session, caller=caller, key=key)
        self.keep = keep
        self.entities = entities

    async def undo(self, first: int, last: int, *, versions: Versions = None) -> Sequence[Change]:
        """Take changes in a row back; the changes that this made. What had not moved in the end is left alone.

        Args:
            first: the number of the first.
            last: the number of the last.
            versions: what the one change is about has one of these.

        Raises:
            ChangeNotFound: when there is none of these numbers.
            Forgotten: when the log has forgotten them.
            Invalid: when they are not of one request.
            Erased: when what they are about was deleted for good.
            Stale: when it has none of these versions, or is not there.
            ChangedSince: when something newer changed the same members.
        """
        return await self.repository.together(partial(self._undo, first, last, versions), undoes=(first, last))

    async def _undo(self, first: int, last: int, versions: Versions, tx: Transaction) -> Sequence[Change]:
        if first > last:
            raise Invalid("first: expected a number that is not greater than last")
        changes = await self.repository.range(tx, first, last, most=MOST, keep=self.keep)
        if not changes or len(changes) < min(last - first + 1, MOST):
            raise Forgotten if first <= await self.repository.forgotten(tx) else ChangeNotFound
        if last - first >= MOST:
            raise Invalid(f"These are more than {MOST:,} changes; take them back in parts, the last ones first")
        if len(changes) > 1 and len({change.request_id or change.seq for change in changes}) > 1:
            raise Invalid("These changes are not of one request")
        if any(change.erased for change in changes):
            raise Erased
        plan: Mapping[Entity, Target] = targets(changes)
        if versions is None:
            plan = moving(plan)
        written = 0
        for name, several in groupby(plan.items(), key=lambda item: item[0][0]):
            written += await self._take_back(tx, name, dict(several), changes, versions)
        return await self.repository.written(tx, written) if written else []

    async def _take_back(
        self, tx: Transaction, name: str, plan: Mapping[Entity, Target], changes: Sequence[Any], versions: Versions
    ) -> int:
        """How many changes it took to bring entities of one kind back to what they were."""
        ids = [entity_id for _, entity_id in plan]
        first, last, horizon = changes[0].seq, changes[-1].seq, changes[0].horizon
        reviving = any(target.after is None for target in plan.values())
        locked = await self.repository.locked(tx, name, ids, naming=reviving, keep=self.keep)
        if not all(row.kept for row in locked):
            raise Erased  # what lies in the trash for too long is gone, be it still there
        if versions is not None:
            expect(versions, name, locked)
            plan = moving(plan)
        if reviving and await self.repository.erased(tx, first, last):
            raise Erased  # between the reading and the lock
        latest = await self._walk(tx, {entity_id: target for (_, entity_id), target in plan.items()}, last)
        rows = {row.id: row for row in locked}
        deleted, revived, changed = [], [], []
        for (_, entity_id), target in plan.items():
            if target.before is None:
                deleted.append(entity_id)
            elif target.after is None:
                counted = _counted(latest.get(entity_id, target.last))
                revived.append({**_again(target, horizon), "id": entity_id, **counted})
            else:
                row = rows[entity_id]
                now = {column: row[column] for column in members(MODELS[name])}
                changed.append({**now, **_again(target, horizon), "id": entity_id})
        done = await self.repository.write(tx, name, deleted=deleted, revived=revived, changed=changed)
        return sum(1 for row in done if row.id not in rows or row.id in deleted or row.version > rows[row.id].version)

    async def _walk(self, tx: Transaction, targets: Mapping[UUID, Target], last: int) -> Mapping[UUID, Any]:
        """The newest change since that may matter, of each entity that has one.

        Raises:
            Erased: when one was deleted for good.
            ChangedSince: when a newer change stands in the way, or when there are too many to look at.
        """
        walk, before = Walk(targets), LAST
        about = {entity_id: target.members for entity_id, target in targets.items()}
        for _ in range(PORTIONS):
            newer = await self.repository.newer(tx, about, last, before=before, most=PORTION)
            for change in newer:
                if change.erased:
                    raise Erased
                if walk.blocked_by(change):
                    raise await self._refused(tx, change.seq, "is newer and about the same members")
            if len(newer) < PORTION:
                return walk.latest
            before = newer[-1].seq
        raise await self._refused(tx, before, f"and {PORTIONS * PORTION - 1:,} others are newer: too many to look at")

    async def _refused(self, tx: Transaction, seq: int, why: str) -> ChangedSince:
        change = shape(await self.repository.one(tx, seq), self.entities)
        return ChangedSince(f"Change {seq} {why}", change=change)


def moving(plan: Mapping[Entity, Target]) -> Mapping[Entity, Target]:
    """Those of which there is anything to take back."""
    return {entity: target for entity, target in plan.items() if target.moves}


def expect(versions: Sequence[int], name: str, locked: Sequence[Any]) -> None:
    """Make sure that what a change is about has one of these versions.

    Raises:
        Stale: when it has not, or is not there.
    """
    if not locked:
        raise Stale(f"The {name} is not there, in any version")
    if locked[0].version not in versions:
        raise Stale(current=CURRENT[name](locked[0]))


def _again(target: Target, horizon: datetime) -> dict[str, Any]:
    """The members as they were; what goes back to the trash is not to be emptied from it at once."""
    again = dict(target.before or {})
    trashed = again.get("deleted_at")
    if trashed is not None and datetime.fromisoformat(trashed) <= horizon:
        again["deleted_at"] = NOW
    return again


def _counted(latest: Any) -> dict[str, Any]:
    """The version and time of what comes again: they go on from where they were."""
    return {"version": latest.version + 1, "updated_at": latest.at + timedelta(microseconds=1)}
