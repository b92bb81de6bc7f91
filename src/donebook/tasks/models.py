"""The stored task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import TIME, Owned


class Task(Owned):
    """Something to do. `ordinal` counts up in the order of creation, whatever the clocks say."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title_length"),
        CheckConstraint("char_length(description) <= 50000", name="description_length"),
        CheckConstraint("updated_at >= created_at", name="times"),
        Index(None, "workspace_id", "ordinal", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("workspaces.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    completed_at: Mapped[datetime | None] = mapped_column(TIME)
