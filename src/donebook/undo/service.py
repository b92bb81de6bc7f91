"""The rules by which changes are taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from donebook.changes.feed import Entities
from donebook.changes.models import Change
from donebook.db.base import Service, Session
from donebook.db.bulk import members
from donebook.db.caller import Caller
from donebook.db.keys import Key
from donebook.db.transaction import Transaction
from donebook.problems import ChangedSince, ChangeNotFound, Erased, Forgotten, Invalid
from donebook.undo.plan import Entity, Target, obstacle, targets
from donebook.undo.repository import MODELS, UndoRepository
from donebook.undo.shape import shape

NOW = "now"
MOST = 200


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

    async def undo(self, first: int, last: int) -> Sequence[Change]:
        """Take changes in a row back; the changes that this made. What had not moved in the end is left alone.

        Raises:
            ChangeNotFound: when there is none of these numbers.
            Forgotten: when the log has forgotten them.
            Invalid: when they are not of one request.
            Erased: when what they are about was deleted for good.
            ChangedSince: when something newer changed the same members.
        """
        return await self.repository.together(partial(self._undo, first, last), undoes=(first, last))

    async def _undo(self, first: int, last: int, tx: Transaction) -> Sequence[Change]:
        if first > last:
            raise Invalid("first: expected a number that is not greater than last")
        changes = await self.repository.range(tx, first, last, most=MOST, keep=self.keep)
        if not changes or len(changes) < min(last - first + 1, MOST):
            raise Forgotten if first <= await self.repository.forgotten(tx) else ChangeNotFound
        if last - first >= MOST:
            raise Invalid(f"These are more than {MOST:,} changes")
        if len(changes) > 1 and len({change.request_id or change.seq for change in changes}) > 1:
            raise Invalid("These changes are not of one request")
        if any(change.erased for change in changes):
            raise Erased
        plan = {entity: target for entity, target in targets(changes).items() if target.moves}
        written = 0
        for name, several in groupby(plan.items(), key=lambda item: item[0][0]):
            written += await self._take_back(tx, name, dict(several), last, changes[0].horizon)
        return await self.repository.written(tx, written) if written else []

    async def _take_back(
        self, tx: Transaction, name: str, plan: Mapping[Entity, Target], last: int, horizon: datetime
    ) -> int:
        """How many changes it took to bring entities of one kind back to what they were."""
        ids = [entity_id for _, entity_id in plan]
        reviving = any(target.after is None for target in plan.values())
        locked = await self.repository.locked(tx, name, ids, naming=reviving, keep=self.keep)
        newer: dict[UUID, list[Any]] = {}
        for change in await self.repository.newer(tx, ids, last):
            newer.setdefault(change.entity_id, []).append(change)
        if any(change.erased for found in newer.values() for change in found) or not all(row.kept for row in locked):
            raise Erased  # what lies in the trash for too long is gone, be it still there
        found = [obstacle(target, newer.get(entity_id, ())) for (_, entity_id), target in plan.items()]
        if standing := [change.seq for change in found if change is not None]:
            change = shape(await self.repository.one(tx, max(standing)), self.entities)
            raise ChangedSince(f"Change {change.seq} is newer and about the same members", change=change)
        rows = {row.id: row for row in locked}
        deleted, revived, changed = [], [], []
        for (_, entity_id), target in plan.items():
            if target.before is None:
                deleted.append(entity_id)
            elif target.after is None:
                latest = newer[entity_id][0] if entity_id in newer else target.last
                revived.append({**_again(target, horizon), "id": entity_id, **_counted(latest)})
            else:
                row = rows[entity_id]
                now = {column: row[column] for column in members(MODELS[name])}
                changed.append({**now, **_again(target, horizon), "id": entity_id})
        done = await self.repository.write(tx, name, deleted=deleted, revived=revived, changed=changed)
        return sum(1 for row in done if row.id not in rows or row.id in deleted or row.version > rows[row.id].version)


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
