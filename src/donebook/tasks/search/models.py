"""What search looks up; triggers of the table of tasks keep it (`db/sql/search_index.sql`)."""

from uuid import UUID

from sqlalchemy import Boolean, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from donebook.db.models import Base


class TaskSearch(Base):
    """The words of a task that is not in the trash, each with where it stands and four digits of the workspace."""

    __tablename__ = "task_search"
    __table_args__ = (
        Index("ix_task_search_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        {"postgresql_with": {"fillfactor": "90"}},
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    completed: Mapped[bool] = mapped_column(Boolean)
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchWord(Base):
    """A word that tasks of a workspace have, so that what is almost it can be found."""

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_backwards", "workspace_id", text("reverse(word)")),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    common: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
