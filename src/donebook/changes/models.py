"""The stored change log. Triggers write it (see `db/sql/log_changes.sql`); statements only read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import TIME, Scoped


class Log(Scoped):
    """A workspace's place in its log.

    `head` is the last number given, `forgotten` the last that retention took away. `epoch` changes when the database
    was restored to an earlier point. Until `followed_until` somebody waits to hear of changes. `erasures` counts how
    often something was deleted for good.
    """

    __tablename__ = "logs"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    head: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    forgotten: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    followed_until: Mapped[datetime | None] = mapped_column(TIME)
    erasures: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Change(Scoped):
    """What happened to one row: `diff` is `{column: [before, after]}`, with times as the contract writes them.

    `version` is the row's afterwards. `undoes_from` to `undoes_to` are the changes that this one takes back. The
    content of an erased change is gone.
    """

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint("op IN ('create', 'update', 'delete')", name="op"),
        Index(None, "workspace_id", "entity_id", "seq"),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[UUID] = mapped_column(Uuid)
    op: Mapped[str] = mapped_column(Text)
    diff: Mapped[dict[str, list[Any]]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    undoes_from: Mapped[int | None] = mapped_column(BigInteger)
    undoes_to: Mapped[int | None] = mapped_column(BigInteger)
    erased: Mapped[bool] = mapped_column(server_default=text("false"))
    at: Mapped[datetime] = mapped_column(TIME)
