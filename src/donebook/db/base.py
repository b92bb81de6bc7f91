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
from donebook.db.group import Groups
from donebook.db.grouped import Grouped
from donebook.db.keys import Key, run_once
from donebook.db.models import Scoped
from donebook.db.session import run
from donebook.db.statement import Statement
from donebook.db.transaction import Transaction, transact


class Session:
    """A session that is opened when something asks for it: most requests need nothing but its engine."""

    def __init__(self, bind: AsyncEngine, opening: Callable[[], AsyncSession]) -> None:
        self.bind = bind
        self._opening = opening

    @property
    def opened(self) -> AsyncSession:
        """The session; who gave the way to open it closes it."""
        return self._opening()


class Repository[Model: Scoped](SQLAlchemyAsyncRepository[Model]):
    """The rows of one model in one workspace; each verb is one statement, and none can reach another workspace.

    What comes back are plain rows that speak the model's attribute names: read-only, of no session, and at a fraction
    of an ORM instance's cost.
    """

    def __init__(self, *, session: Session, caller: Caller, key: Key | None = None) -> None:
        vars(self).update(_prepared(type(self), session.bind))
        self.caller = caller
        self.key = key
        self.engine = session.bind
        self._session = session

    @property
    def session(self) -> AsyncSession:
        """What Advanced Alchemy's own reading verbs use; it is opened when one of them asks for it."""
        return self._session.opened

    @session.setter
    def session(self, session: AsyncSession) -> None:
        self._session = Session(cast("AsyncEngine", session.bind), lambda: session)

    @property
    def statement(self) -> Select[Any]:
        """What they begin from: they cannot reach another workspace either."""
        return _scoped(self.model_type, self.caller.workspace)

    @statement.setter
    def statement(self, statement: Select[Any]) -> None:
        """Leave it alone: Advanced Alchemy sets one that knows no workspaces."""

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

    async def in_group(self, grouped: Grouped[Model], **values: Any) -> Model | None:
        """The one row that a write gives, or None; it may go to the database together with others of its kind."""
        if self.key is not None:
            return await self.row(grouped.single, **values)
        groups: Groups = self.engine.get_execution_options()["groups"]
        row: Model | None = await groups.row(self.engine, grouped, values, self.caller)
        return row

    async def together(
        self, work: Callable[[Transaction], Awaitable[Sequence[Model]]], *, undoes: tuple[int, int] | None = None
    ) -> Sequence[Model]:
        """What several statements give that belong together: all of them happen, or none (see `Transaction`)."""
        return await transact(self.engine, self.caller, self.key, self.model_type, work, undoes=undoes)


@lru_cache
def _prepared(kind: type[Repository[Any]], bind: AsyncEngine) -> dict[str, Any]:
    """What Advanced Alchemy finds out whenever it makes a repository, found out once: it is as dear as a statement."""
    made = kind.__new__(kind)
    SQLAlchemyAsyncRepository.__init__(made, session=AsyncSession(bind), wrap_exceptions=False)
    return {name: value for name, value in vars(made).items() if name != "_session"}


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

    def __init__(self, session: Session, *, caller: Caller, key: Key | None = None) -> None:
        self._repository_instance = self.repository_type(session=session, caller=caller, key=key)
