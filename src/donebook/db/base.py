"""What entities, repositories and services share: rows that belong to a workspace, verbs that are one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn, cast
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Delete,
    FetchedValue,
    Insert,
    MetaData,
    Select,
    Update,
    Uuid,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from donebook.db.session import run

TIME = DateTime(timezone=True)


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


class Owned(Entity):
    """An entity that belongs to a workspace, as all do but the workspace itself."""

    __abstract__ = True

    workspace_id: Mapped[UUID]


class Repository[Model: Owned](SQLAlchemyAsyncRepository[Model]):
    """The rows of one model in one workspace; each verb is one statement, and none can reach another workspace.

    What comes back are plain rows that speak the model's attribute names, whatever the columns are called: they are
    read-only, belong to no session, and cost a fraction of an ORM instance.
    """

    def __init__(self, *, session: AsyncSession, workspace: UUID, **options: Any) -> None:
        self.workspace = workspace
        self.mine: ColumnElement[bool] = self.model_type.workspace_id == workspace
        self.database = session
        options |= {"statement": select(self.model_type).where(self.mine), "wrap_exceptions": False}
        super().__init__(session=session, **options)

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """Every column, under the name of its attribute."""
        attributes = inspect(self.model_type).column_attrs
        return [getattr(self.model_type, attribute.key).label(attribute.key) for attribute in attributes]

    async def rows(self, statement: Select[Any] | Insert | Update | Delete) -> Sequence[Model]:
        """What a statement selects, or the rows as it leaves them (as they were, for a delete).

        Raises:
            Problem: what the database said, as an answer.
        """
        if isinstance(statement, Select):
            statement = statement.with_only_columns(*self.columns)
        else:
            statement = statement.returning(*self.columns)
        return cast("Sequence[Model]", await run(self.database, statement))

    async def row(self, statement: Select[Any] | Insert | Update | Delete) -> Model | None:
        """The one row of a statement, or None."""
        return next(iter(await self.rows(statement)), None)

    async def add(self, data: Model, **_: Any) -> Model:
        """The new row, as stored."""
        values = {getattr(self.model_type, name): value for name, value in data.to_dict().items()}
        values[self.model_type.workspace_id] = self.workspace
        return cast("Model", await self.row(insert(self.model_type).values(values)))

    async def delete(self, item_id: Any, **_: Any) -> Model | None:  # type: ignore[override]
        """The row as it was before it was removed, or None when there is none."""
        return await self.row(delete(self.model_type).where(self.mine, self.model_type.id == item_id))


def _refused(verb: str) -> Any:
    async def refuse(self: Repository[Any], *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__}.{verb} is several statements or reaches past the workspace")

    return refuse


for _verb in (
    "add_many",
    "delete_many",
    "delete_where",
    "get_and_update",
    "get_or_upsert",
    "update",
    "update_many",
    "upsert",
    "upsert_many",
):
    setattr(Repository, _verb, _refused(_verb))


class Service[Model: Owned, Rows: Repository[Any]](SQLAlchemyAsyncRepositoryService[Model, Rows]):
    """Rules over the rows of one workspace, which it is given when it is made."""

    def __init__(self, session: AsyncSession, *, workspace: UUID) -> None:
        super().__init__(session, workspace=workspace)
