"""What every model shares: names, and the columns that the database itself fills."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import BigInteger, DateTime, FetchedValue, MetaData, Uuid, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

TIME = DateTime(timezone=True)

type Versions = Sequence[int] | None
"""The versions of which a row has one when a write finds it; None when any will do."""


class Base(CommonTableAttributes, DeclarativeBase):
    """The root of all models; its names for constraints are those in the migrations."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Entity(Base):
    """What every entity has. The database fills it all in, whoever writes: the trigger `touch` keeps the last two."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=text("uuid7()"), sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(TIME, server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        TIME, server_default=func.now(), server_onupdate=FetchedValue(), sort_order=91
    )
    version: Mapped[int] = mapped_column(
        BigInteger, server_default=text("1"), server_onupdate=FetchedValue(), sort_order=92
    )


class Scoped(Base):
    """What belongs to a workspace."""

    __abstract__ = True

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class Owned(Scoped, Entity):
    """An entity that belongs to a workspace, as all do but the workspace itself."""

    __abstract__ = True
