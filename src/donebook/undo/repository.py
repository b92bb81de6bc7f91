"""The statements that take changes back, of any entity that is logged."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Integer,
    Interval,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
)

from donebook.changes.models import Change, Log
from donebook.db import rows
from donebook.db.base import Repository
from donebook.db.bulk import encode, revive_many, update_many
from donebook.db.models import Owned
from donebook.db.statement import WORKSPACE, Statement, call, given, mine
from donebook.db.transaction import Transaction
from donebook.tasks.models import Task

rows.learn(["id", "kept", "horizon", "members"])

MODELS: Mapping[str, type[Owned]] = {"task": Task}
"""What is logged, by the log's name for it; each table has its `lock_<table>`."""

COLUMNS = [column.label(column.key) for column in Change.__table__.columns]
IDS = given("ids", ARRAY(Uuid))
HORIZON = func.now() - given("keep", Interval)
RANGE = Statement[Change](
    select(*COLUMNS, HORIZON.label("horizon"))
    .where(mine(Change), Change.seq.between(given("first", BigInteger), given("last", BigInteger)))
    .order_by(Change.seq)
    .limit(given("most", Integer)),
    model=Change,
)
FORGOTTEN = Statement[Log](select(Log).where(mine(Log)))
# Of each entity its newest, then of these the newest: never more than a portion of any. What only moved other members
# is left out: it cannot matter, and there may be any number of it.
NEWER = Statement[Change](
    text(f"""
        SELECT {", ".join(column.name for column in COLUMNS if column.name != "diff")},
            (SELECT array_agg(name) FROM jsonb_object_keys(diff) AS name) AS members
        FROM (
            SELECT newest.* FROM unnest(:ids, :members) AS each (id, members), LATERAL (
                SELECT * FROM changes
                WHERE workspace_id = :workspace AND entity_id = each.id AND seq > :last AND seq < :before AND (
                    op <> 'update' OR erased OR undoes_from IS NOT NULL
                    OR CASE WHEN each.members IS NULL THEN diff <> '{{}}'
                        ELSE diff ?| string_to_array(each.members, ' ') END
                )
                ORDER BY seq DESC LIMIT :most
            ) AS newest
            ORDER BY seq DESC LIMIT :most
        ) AS portion
        ORDER BY seq DESC
    """).bindparams(  # noqa: S608 - nothing comes from outside
        bindparam(WORKSPACE, type_=Uuid()),
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("members", type_=ARRAY(Text)),
        *(bindparam(name, type_=BigInteger()) for name in ("last", "before", "most")),
    ),
    model=Change,
    writes=False,
)
ERASED = Statement[Change](
    select(Change)
    .where(mine(Change), Change.seq.between(given("first", BigInteger), given("last", BigInteger)), Change.erased)
    .limit(1)
)
ONE = Statement[Change](select(Change).where(mine(Change), Change.seq == given("seq", BigInteger)))
WRITTEN = Statement[Change](
    select(*COLUMNS, Change.entity_id.label("id"))
    .where(mine(Change))
    .order_by(Change.seq.desc())
    .limit(given("count", Integer)),
    model=Change,
)


def lock(model: type[Owned]) -> Statement[Any]:
    """Those of some rows that there are, to be changed by nobody else."""
    function = getattr(func, f"lock_{model.__tablename__}")
    kept = literal_column("deleted_at").is_(None) | (literal_column("deleted_at") > HORIZON)
    flags = given("naming", Boolean), given("placing", Boolean)
    return call(model, function(given(WORKSPACE, Uuid), IDS, *flags), also=[kept.label("kept")])


LOCK = {name: lock(model) for name, model in MODELS.items()}
UPDATE = {name: update_many(model) for name, model in MODELS.items()}
REVIVE = {name: revive_many(model) for name, model in MODELS.items()}
DELETE = {
    name: Statement[Any](delete(model).where(mine(model), model.id == func.any(IDS))) for name, model in MODELS.items()
}


class UndoRepository(Repository[Change]):
    """The log of one workspace, and what it is about, inside a transaction."""

    model_type = Change

    async def range(self, tx: Transaction, first: int, last: int, *, most: int, keep: timedelta) -> Sequence[Any]:
        """The changes from one number to another, as far as they are there, and the `horizon` of the trash."""
        return await tx.rows(RANGE, first=first, last=last, most=most, keep=keep)

    async def forgotten(self, tx: Transaction) -> int:
        """Up to which number the log has forgotten."""
        return max((log.forgotten for log in await tx.rows(FORGOTTEN)), default=0)

    async def locked(
        self, tx: Transaction, entity: str, ids: Sequence[UUID], *, naming: bool, keep: timedelta
    ) -> Sequence[Any]:
        """Those of the rows that there are, to be changed by nobody else; `kept` says that the trash still has them."""
        return await tx.rows(LOCK[entity], ids=ids, naming=naming, placing=False, keep=keep)

    async def newer(
        self, tx: Transaction, about: Mapping[UUID, Collection[str] | None], last: int, *, before: int, most: int
    ) -> Sequence[Any]:
        """The newest changes between two numbers of some entities, the newest first; of each difference its `members`.

        Of each entity those that moved any of its members given here (None: any at all), by which it came or went, that
        take others back, or that are erased.
        """
        members = [None if names is None else " ".join(names) for names in about.values()]
        return await tx.rows(NEWER, ids=list(about), members=members, last=last, before=before, most=most)

    async def erased(self, tx: Transaction, first: int, last: int) -> bool:
        """Whether any change from one number to another is about something that was deleted for good."""
        return bool(await tx.rows(ERASED, first=first, last=last))

    async def one(self, tx: Transaction, seq: int) -> Change:
        """A change that is there."""
        [change] = await tx.rows(ONE, seq=seq)
        return change

    async def write(
        self,
        tx: Transaction,
        entity: str,
        *,
        deleted: Sequence[UUID],
        revived: Sequence[dict[str, Any]],
        changed: Sequence[dict[str, Any]],
    ) -> Sequence[Any]:
        """The rows that were deleted, revived and changed."""
        done: list[Any] = []
        if deleted:
            done += await tx.rows(DELETE[entity], ids=deleted)
        if revived:
            done += await tx.rows(REVIVE[entity], rows=encode(revived))
        if changed:
            done += await tx.rows(UPDATE[entity], rows=encode(changed))
        return done

    async def written(self, tx: Transaction, count: int) -> Sequence[Change]:
        """The last changes, in their order: those that this transaction wrote, since nobody else can write now.

        Each has its entity's `id`, by which a stored answer is found when the entity is deleted for good.
        """
        return list(reversed(await tx.rows(WRITTEN, count=count)))
