"""The statements about the change log."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, Uuid, func, select

from donebook.changes.feed import HISTORY, PAGES, Page, pages
from donebook.changes.models import Change
from donebook.db.base import Repository
from donebook.db.session import fetch
from donebook.db.statement import WORKSPACE, Statement, given, mine

LAST_CREATE = Statement[Change](
    select(Change)
    .where(mine(Change), Change.entity_id == given("id"), Change.op == "create", Change.undoes_from.is_(None))
    .order_by(Change.seq.desc())
    .limit(1)
)


FORGET = Statement[Change](
    select(func.forget_changes(given(WORKSPACE, Uuid), func.now() - given("keep", Interval)).label("seq")),
    model=Change,
    writes=True,
)


class ChangeRepository(Repository[Change]):
    """The log of one workspace."""

    model_type = Change

    async def creation(self, entity_id: UUID) -> Change | None:
        """How an entity was last created, other than by undoing; None when it never was, or the log has forgotten."""
        return await self.row(LAST_CREATE, id=entity_id)

    async def forget(self, keep: timedelta) -> int:
        """Forget what is older than that; how many changes that were."""
        [counted] = await self.rows(FORGET, keep=keep)
        return counted.seq

    async def page(self, after: int, *, limit: int, size: int) -> Page:
        """The changes behind a number, at most so many and about so many characters, and the log's state."""
        workspace = self.caller.workspace
        arguments = [[workspace], [after], limit, size]
        return pages(await fetch(self.engine, PAGES, arguments, name=PAGES, writes=False))[workspace]

    async def history(self, entity: str, entity_id: UUID, after: int, *, limit: int, size: int) -> Sequence[Any]:
        """The changes of one entity behind a number, the oldest first: at most so many and about so many characters.

        Each has the number of the `last` that there is.
        """
        arguments = [self.caller.workspace, entity_id, entity, after, limit, size]
        return await fetch(self.engine, HISTORY, arguments, name=HISTORY, writes=False)
