"""Donebook on a database where tasks have another table and other columns: run instead of `donebook`."""

import sys
from datetime import datetime
from types import ModuleType
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, Identity, Text, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import Owned

TIME = DateTime(timezone=True)


class Task(Owned):
    """The stored task: the same attributes as ever, in other places."""

    __tablename__ = "entries"

    id: Mapped[UUID] = mapped_column("entry_key", Uuid, primary_key=True, server_default=text("uuid7()"))
    title: Mapped[str] = mapped_column("heading", Text)
    description: Mapped[str | None] = mapped_column("remarks", Text)
    completed_at: Mapped[datetime | None] = mapped_column("finished", TIME)
    created_at: Mapped[datetime] = mapped_column("born", TIME, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column("touched", TIME, server_onupdate=FetchedValue())
    version: Mapped[int] = mapped_column("edition", BigInteger, server_onupdate=FetchedValue())
    workspace_id: Mapped[UUID] = mapped_column("owner", Uuid)
    ordinal: Mapped[int] = mapped_column("place", BigInteger, Identity(always=True))
    position: Mapped[str] = mapped_column("rank", Text(collation="C"), server_default=text("last_position()"))
    deleted_at: Mapped[datetime | None] = mapped_column("binned", TIME)


def main() -> None:
    """Be `donebook`, with that mapping in place of its own."""
    models = ModuleType("donebook.tasks.models")
    models.Task = Task  # type: ignore[attr-defined]
    sys.modules[models.__name__] = models

    from donebook.cli import main

    main()


if __name__ == "__main__":
    main()
