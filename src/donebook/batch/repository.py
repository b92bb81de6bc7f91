"""The statements of a batch."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Interval, Uuid, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from donebook.changes.models import Change
from donebook.db import rows
from donebook.db.base import Repository
from donebook.db.bulk import encode, given_rows, update_many
from donebook.db.session import run
from donebook.db.statement import WORKSPACE, Statement, call, given, mine
from donebook.db.transaction import Transaction
from donebook.tasks.models import Task

rows.learn(["kept"])

HERE = given(WORKSPACE, Uuid)
FLAGS = given("naming", Boolean), given("placing", Boolean)
LOCK = call(
    Task,
    func.lock_tasks(HERE, given("ids", ARRAY(Uuid)), *FLAGS),
    also=[(literal_column("deleted_at") > func.now() - given("keep", Interval)).label("kept")],
)
LIVES = Statement[Change](
    select(Change)
    .where(mine(Change), Change.entity_id == func.any(given("ids", ARRAY(Uuid))), Change.op != "update")
    .order_by(Change.seq)
)
_NEW = given_rows(Task)
_VALUES = {
    "workspace_id": HERE,
    "id": func.coalesce(_NEW.c.id, func.uuid7()),
    **{name: _NEW.c[name] for name in ("title", "description", "completed_at", "deleted_at")},
}
INSERT = Statement[Task](
    insert(Task)
    .from_select(list(_VALUES), select(*_VALUES.values()).select_from(_NEW))
    .on_conflict_do_nothing(index_elements=[Task.workspace_id, Task.id])
)
UPDATE = update_many(Task)
PLACE = call(
    Task,
    func.place_tasks(
        HERE, given("moved", ARRAY(Uuid)), given("anchors", ARRAY(Uuid)), given("befores", ARRAY(Boolean))
    ),
)
SPREAD = Statement[Task](
    select(func.spread_tasks(HERE, func.unnest(given("ids", ARRAY(Uuid)))).label("moved")), model=Task, writes=True
)


class BatchRepository(Repository[Task]):
    """The tasks of one workspace, many at once, inside a transaction."""

    model_type = Task

    async def locked(
        self, tx: Transaction, ids: Sequence[UUID], *, naming: bool, placing: bool, keep: timedelta
    ) -> Sequence[Task]:
        """Those of the tasks that there are, to be changed by nobody else, with `kept` (see `Desk`)."""
        return await tx.rows(LOCK, ids=ids, naming=naming, placing=placing, keep=keep)

    async def lives(self, tx: Transaction, ids: Sequence[UUID]) -> Sequence[Change]:
        """When entities of these ids came and went, the latest last."""
        return await tx.rows(LIVES, ids=ids)

    async def create(self, tx: Transaction, new: Sequence[dict[str, Any]]) -> Sequence[Task]:
        """The new tasks, in the order given, which come last; without those whose ids were taken at this moment."""
        return sorted(await tx.rows(INSERT, rows=encode(new)), key=lambda task: task.ordinal)

    async def change(self, tx: Transaction, changed: Sequence[dict[str, Any]]) -> Sequence[Task]:
        """The tasks as changed, in any order."""
        return await tx.rows(UPDATE, rows=encode(changed))

    async def place(self, tx: Transaction, moves: Sequence[tuple[UUID, UUID, bool]]) -> Sequence[Task]:
        """The tasks as moved, one after the other; one that was moved twice comes twice.

        Raises:
            NoRoom: when there is no room between two tasks; `spread` makes some.
        """
        moved, anchors, befores = (list(column) for column in zip(*moves, strict=True))
        return await tx.rows(PLACE, moved=moved, anchors=anchors, befores=befores)

    async def spread(self, anchors: Sequence[UUID]) -> None:
        """Make room around tasks. This is no part of the request's own change: its key is not spent."""
        for anchor in anchors:
            await run(self.engine, SPREAD, {"ids": [anchor]}, self.caller)
