"""What entities, repositories and services share: rows that belong to a workspace, verbs that are one statement."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, NoReturn
from uuid import UUID

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import BigInteger, DateTime, FetchedValue, MetaData, Select, Uuid, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from donebook.db.session import run
from donebook.db.statement import WORKSPACE, Statement, given, mine

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

    What comes back are plain rows that speak the model's attribute names: read-only, of no session, and at a fraction
    of an ORM instance's cost.
    """

    deletion: ClassVar[Statement[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.deletion = Statement(delete(cls.model_type).where(mine(cls.model_type), cls.model_type.id == given("id")))

    def __init__(self, *, session: AsyncSession, workspace: UUID, **options: Any) -> None:
        self.workspace = workspace
        self.engine = session.bind
        scoped = _scoped(self.model_type, workspace)
        super().__init__(session=session, **options | {"statement": scoped, "wrap_exceptions": False})

    async def rows(self, statement: Statement[Model], **values: Any) -> Sequence[Model]:
        """What a statement gives in this workspace.

        Raises:
            Problem: what the database said, as an answer.
        """
        assert isinstance(self.engine, AsyncEngine)  # noqa: S101 - how `donebook.db.config` makes sessions
        return await run(self.engine, statement, values | {WORKSPACE: self.workspace})

    async def row(self, statement: Statement[Model], **values: Any) -> Model | None:
        """The one row that a statement gives, or None."""
        return next(iter(await self.rows(statement, **values)), None)

    async def delete(self, item_id: Any, **_: Any) -> Model | None:  # type: ignore[override]
        """The row as it was before it was removed, or None when there is none."""
        return await self.row(self.deletion, id=item_id)


@lru_cache
def _scoped[Model: Owned](model: type[Model], workspace: UUID) -> Select[Model]:
    """What Advanced Alchemy's own reading verbs begin from; making it anew is dear."""
    return select(model).where(model.workspace_id == workspace)


def _refused(verb: str) -> Any:
    async def refuse(self: Repository[Any], *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__}.{verb} is several statements or reaches past the workspace")

    return refuse


for _verb in (
    "add",
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
