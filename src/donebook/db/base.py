"""What repositories and services share: verbs that are one statement, in one workspace."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, NoReturn, cast
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from donebook.db.caller import Caller
from donebook.db.keys import Key, run_once
from donebook.db.models import Scoped
from donebook.db.session import run
from donebook.db.statement import Statement
from donebook.db.transaction import Transaction, transact


class Repository[Model: Scoped](SQLAlchemyAsyncRepository[Model]):
    """The rows of one model in one workspace; each verb is one statement, and none can reach another workspace.

    What comes back are plain rows that speak the model's attribute names: read-only, of no session, and at a fraction
    of an ORM instance's cost.
    """

    def __init__(self, *, session: AsyncSession, caller: Caller, key: Key | None = None, **options: Any) -> None:
        self.caller = caller
        self.key = key
        self.engine = cast("AsyncEngine", session.bind)  # how `donebook.db.config` makes sessions
        scoped = _scoped(self.model_type, caller.workspace)
        super().__init__(session=session, **options | {"statement": scoped, "wrap_exceptions": False})

    async def rows(self, statement: Statement[Model], **values: Any) -> Sequence[Model]:
        """What a statement gives in this workspace.

        Raises:
            Problem: what the database said, as an answer.
        """
        if statement.writes and self.key is not None:
            return await run_once(self.engine, statement, values, self.caller, self.key)
        return await run(self.engine, statement, values, self.caller)

    async def row(self, statement: Statement[Model], **values: Any) -> Model | None:
        """The one row that a statement gives, or None."""
        return next(iter(await self.rows(statement, **values)), None)

    async def together(
        self, work: Callable[[Transaction], Awaitable[Sequence[Model]]], *, undoes: tuple[int, int] | None = None
    ) -> Sequence[Model]:
        """What several statements give that belong together: all of them happen, or none (see `Transaction`)."""
        return await transact(self.engine, self.caller, self.key, self.model_type, work, undoes=undoes)


@lru_cache
def _scoped[Model: Scoped](model: type[Model], workspace: UUID) -> Select[Model]:
    """What Advanced Alchemy's own reading verbs begin from; making it anew is dear."""
    return select(model).where(model.workspace_id == workspace)


def _refused(verb: str) -> Any:
    async def refuse(self: Repository[Any], *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__}.{verb} is several statements or reaches past the workspace")

    return refuse


for _verb in (
    "add",
    "add_many",
    "delete",
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


class Service[Model: Scoped, Rows: Repository[Any]](SQLAlchemyAsyncRepositoryService[Model, Rows]):
    """Rules over the rows of one workspace, which it is given when it is made."""

    def __init__(self, session: AsyncSession, *, caller: Caller, key: Key | None = None) -> None:
        super().__init__(session, caller=caller, key=key)
