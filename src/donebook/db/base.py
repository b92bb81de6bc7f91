"""What repositories and services share: verbs that are one statement, in one workspace."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, NoReturn
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from donebook.db.keys import Key, run_once
from donebook.db.models import Owned
from donebook.db.session import run
from donebook.db.statement import WORKSPACE, Statement, given, mine


class Repository[Model: Owned](SQLAlchemyAsyncRepository[Model]):
    """The rows of one model in one workspace; each verb is one statement, and none can reach another workspace.

    What comes back are plain rows that speak the model's attribute names: read-only, of no session, and at a fraction
    of an ORM instance's cost.
    """

    deletion: ClassVar[Statement[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.deletion = Statement(delete(cls.model_type).where(mine(cls.model_type), cls.model_type.id == given("id")))

    def __init__(self, *, session: AsyncSession, workspace: UUID, key: Key | None = None, **options: Any) -> None:
        self.workspace = workspace
        self.key = key
        self.engine = session.bind
        scoped = _scoped(self.model_type, workspace)
        super().__init__(session=session, **options | {"statement": scoped, "wrap_exceptions": False})

    async def rows(self, statement: Statement[Model], **values: Any) -> Sequence[Model]:
        """What a statement gives in this workspace.

        Raises:
            Problem: what the database said, as an answer.
        """
        assert isinstance(self.engine, AsyncEngine)  # noqa: S101 - how `donebook.db.config` makes sessions
        values[WORKSPACE] = self.workspace
        if statement.writes and self.key is not None:
            return await run_once(self.engine, statement, values, self.key)
        return await run(self.engine, statement, values)

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

    def __init__(self, session: AsyncSession, *, workspace: UUID, key: Key | None = None) -> None:
        super().__init__(session, workspace=workspace, key=key)
