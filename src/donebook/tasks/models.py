"""The stored task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Sequence, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import TIME, Base, Owned

POSITIONS = Sequence("task_positions", metadata=Base.metadata)
"""What `last_position()` counts with."""

ORDERS = {
    "position": "position",
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_order(title)",
}
STATES = {"open": "completed_at IS NULL", "done": "completed_at IS NOT NULL"}


class Task(Owned):
    """Something to do.

    `ordinal` counts up in the order of creation, whatever the clocks say; `position` sorts by its bytes, as people
    arrange their tasks. `deleted_at` says since when it is in the trash.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("char_length(description) <= 50000", name="description_length"),
        CheckConstraint("updated_at >= created_at", name="times"),
        CheckConstraint("position ~ '^[0-9a-f]{12}([0-9a-g]*g[0-9a-f]+)?$'", name="position"),
        Index(None, "workspace_id", "ordinal", unique=True),
        Index(None, "workspace_id", "position", unique=True),
        *(
            Index(
                f"ix_tasks_{state}_{order}",
                "workspace_id",
                text(key),
                "id",
                postgresql_where=text(f"deleted_at IS NULL AND {condition}"),
            )
            for order, key in ORDERS.items()
            for state, condition in STATES.items()
        ),
        Index("ix_tasks_trash", "workspace_id", "deleted_at", "id", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    ordinal: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    completed_at: Mapped[datetime | None] = mapped_column(TIME)
    position: Mapped[str] = mapped_column(Text(collation="C"), server_default=text("last_position()"))
    deleted_at: Mapped[datetime | None] = mapped_column(TIME)
