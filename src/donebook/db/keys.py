"""Exactly once: a write with an idempotency key happens once, and is answered alike as often as it is asked for.

The semantics are those of draft-ietf-httpapi-idempotency-key-header-07. The key, the write and what came of it commit
in one statement: `claim_idempotency_key` (see its migration) raises when the key is in flight or was used, which takes
the write back.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Text, Uuid, func, inspect, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.caller import Caller
from donebook.db.models import TIME, Base
from donebook.db.refusals import about, again, kept
from donebook.db.rows import Row
from donebook.db.session import fetch, tell
from donebook.db.statement import WORKSPACE, Statement
from donebook.problems import KeyReused, KeyUsed, OutcomeUnknown, Problem, Unavailable

WRITE = """
WITH written AS ({sql}),
    claimed AS (
        SELECT claim_idempotency_key(${workspace}::uuid, ${key}::text),
            set_config('donebook.caller', ${caller}, true)
    ),
    kept AS (
        INSERT INTO idempotency_keys (workspace_id, key, fingerprint, about, answer)
        SELECT ${workspace}, ${key}, ${fingerprint}::bytea, (SELECT id FROM written LIMIT 1),
            (SELECT jsonb_agg(to_jsonb(written)) FROM written)
        FROM claimed
    )
SELECT written.*, (SELECT followed_until > now() FROM logs WHERE workspace_id = ${workspace}) AS followed
FROM written WHERE (SELECT true FROM claimed)
"""  # the condition is looked at first: the key is claimed before the write begins, or waits for anything
READ = "SELECT fingerprint, answer::text FROM idempotency_keys WHERE workspace_id = $1 AND key = $2"
REFUSE = "SELECT refuse_idempotency_key($1, $2, $3, $4, $5::text::jsonb)"
ANSWER = "SELECT answer_idempotency_key($1, $2, $3, $4, $5::text::jsonb)::text AS answer"
KEEP = """
INSERT INTO idempotency_keys (workspace_id, key, fingerprint, about, answer)
VALUES ($1, $2, $3, ($4::text::jsonb -> 0 ->> 'id')::uuid, $4::text::jsonb)
"""
CLAIM = "SELECT claim_idempotency_key($1, $2)"


class IdempotencyKey(Base):
    """A key that was used, what it was sent with, and the rows that the write gave, or how it was refused."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index(None, "workspace_id", "about"),
        Index(
            None,
            "answer",
            postgresql_using="gin",
            postgresql_ops={"answer": "jsonb_path_ops"},
            postgresql_where=text("answer -> 1 IS NOT NULL"),
        ),
    )  # by which what an answer tells of something is found, when it was deleted for good

    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    about: Mapped[UUID | None] = mapped_column(Uuid)
    answer: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(TIME, server_default=func.now(), index=True)


class Key:
    """The key of the request at hand, and what becomes of it."""

    def __init__(self, text: str, *request: bytes) -> None:
        self.text = text
        self.fingerprint = hashlib.sha256(b"\0".join(request)).digest()
        self.spent = False  # whether the database has seen it
        self.replayed = False  # whether the answer is that of an earlier request

    def recognise(self, fingerprint: bytes) -> None:
        """Accept what was stored under this key.

        Raises:
            KeyReused: when it was stored for another request.
        """
        if fingerprint != self.fingerprint:
            raise KeyReused
        self.replayed = True


async def run_once[Model](
    engine: AsyncEngine, statement: Statement[Model], values: Mapping[str, Any], caller: Caller, key: Key
) -> Sequence[Model]:
    """What a statement gives, now or when it was executed with this key before.

    Raises:
        KeyInFlight: when another request with the key is being answered.
        KeyReused: when the key was used for another request.
        Erased: when what it gave was deleted for good since.
        Problem: what else the database said, as an answer.
    """
    key.spent = True
    arguments = statement.arguments({**values, WORKSPACE: caller.workspace})
    first = len(arguments) + 1
    sql = WRITE.format(sql=statement.sql, workspace=first, key=first + 1, fingerprint=first + 2, caller=first + 3)
    arguments += [caller.workspace, key.text, key.fingerprint, caller.setting(quiet=statement.quiet)]

    async def write() -> list[Row]:
        rows = await fetch(engine, sql, arguments, name=statement.sql, writes=True, keyed=True)
        if rows:
            tell(engine, caller.workspace, followed=bool(rows[0]["followed"]))
        return rows

    return await once(engine, caller, key, statement.model, write)


async def once(
    engine: AsyncEngine, caller: Caller, key: Key, model: Any, write: Callable[[], Awaitable[Sequence[Any]]]
) -> Sequence[Any]:
    """The rows of a write that claims its key, or those that are stored with it.

    Raises:
        Problem: what the write met, now or then.
    """
    while True:
        try:
            return await write()
        except KeyUsed:
            pass
        try:
            stored = await _read(engine, caller.workspace, key)
        except Unavailable as problem:
            raise OutcomeUnknown from problem  # the write is stored, and only its answer cannot be had
        if stored is not None:
            return [_row(model, row) for row in stored]
        await asyncio.sleep(0)  # it was forgotten in between: the claim is free again


async def refuse(engine: AsyncEngine, workspace: UUID, key: Key, problem: Problem | None = None) -> None:
    """Spend a key on a request that was refused: before it came to the database, or with this problem.

    Raises:
        KeyReused: when the key was used for another request.
        KeyInFlight: when another request with the key is being answered.
    """
    key.spent = True
    answer = None if problem is None else msgspec.json.encode(kept(problem)).decode()
    arguments = [workspace, key.text, key.fingerprint, None if problem is None else about(problem), answer]
    try:
        await fetch(engine, REFUSE, arguments, name=REFUSE, writes=True, keyed=True)
    except KeyUsed:
        await _read(engine, workspace, key)


async def settle(engine: AsyncEngine, workspace: UUID, key: Key, model: Any, outcome: Problem | Any) -> Any:
    """What came of a write that stored its key and found no row: what is given, unless somebody was told before.

    A row is one that had been there already; what is given of it then, now and ever after, says that it was `found`.

    Raises:
        Problem: when that is what came of it.
    """
    if isinstance(outcome, Problem):
        shown, answer = about(outcome), msgspec.json.encode(kept(outcome))
    else:
        shown, answer = str(outcome.id), msgspec.json.encode([dict(outcome) | {"found": True}])
    arguments = [workspace, key.text, key.fingerprint, shown, answer.decode()]
    [stored] = await fetch(engine, ANSWER, arguments, name=ANSWER, writes=True, keyed=True)
    told: Any = msgspec.json.decode(stored["answer"] or answer)  # or the key was forgotten meanwhile
    if isinstance(told, dict):
        raise again(told)
    return _row(model, told[0])


async def _read(engine: AsyncEngine, workspace: UUID, key: Key) -> list[dict[str, Any]] | None:
    rows: Sequence[Row] = await fetch(engine, READ, [workspace, key.text], name=READ, writes=False)
    for row in rows:
        key.recognise(row["fingerprint"])
        answer: Any = msgspec.json.decode(row["answer"] or "[]")
        if isinstance(answer, dict):
            raise again(answer)
        return cast("list[dict[str, Any]]", answer)
    return None


def _row(model: Any, stored: dict[str, Any]) -> SimpleNamespace:
    """A row as it was, from its JSON: times and ids are text there, and a column that came later is not there."""
    row = SimpleNamespace(found=stored.get("found", False))
    for attribute in inspect(model).column_attrs:
        value, kind = stored.get(attribute.key), attribute.columns[0].type
        if value is not None and isinstance(kind, DateTime):
            value = datetime.fromisoformat(value).astimezone(UTC)
        elif value is not None and isinstance(kind, Uuid):
            value = UUID(value)
        setattr(row, attribute.key, value)
    return row
