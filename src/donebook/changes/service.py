"""The rules about the change log."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from donebook.changes.cursor import Cursor
from donebook.changes.feed import Page
from donebook.changes.models import Change
from donebook.changes.repository import ChangeRepository
from donebook.db.base import Service
from donebook.problems import CursorGone

MOST_AT_ONCE = 4_000_000  # characters of differences: pages end there, whatever their limit


class ChangeService(Service[Change, ChangeRepository]):
    """The log of one workspace."""

    repository_type = ChangeRepository

    @property
    def workspace(self) -> UUID:
        """Whose log it is."""
        return self.repository.caller.workspace

    async def creation(self, entity_id: UUID) -> Change | None:
        """How an entity was last created, or None when it never was, or the log has forgotten."""
        return await self.repository.creation(entity_id)

    async def forget(self, keep: timedelta) -> int:
        """Forget what is older than that; how many changes that were. What is left has no gaps."""
        forgotten = 0
        while gone := await self.repository.forget(keep):
            forgotten += gone
        return forgotten

    async def page(self, after: Cursor | None, limit: int) -> Page:
        """The changes behind a cursor, or from the very beginning, and the log's state.

        Raises:
            CursorGone: when the log does not go back so far, has not come so far, or is another one by now.
        """
        seq = 0 if after is None else after.seq
        page = await self.repository.page(seq, limit=limit, size=MOST_AT_ONCE)
        if after is not None and after.epoch != page.epoch:
            raise CursorGone("The log was restored to an earlier state since; take a new snapshot")
        if seq < page.forgotten:
            raise CursorGone("The log does not go back so far any more; take a new snapshot")
        if seq > page.head:
            raise CursorGone("The log has not come so far; take a new snapshot")
        return page

    async def place(self, after: Cursor | None) -> Cursor:
        """The same, for one who only wants to know where to go on."""
        page = await self.page(after, limit=0)
        return Cursor(page.epoch, 0 if after is None else after.seq)

    async def head(self) -> Cursor:
        """Behind the last change that there is."""
        page = await self.repository.page(0, limit=0, size=0)
        return Cursor(page.epoch, page.head)

    async def history(self, entity: str, entity_id: UUID, after: int, limit: int) -> Sequence[Any]:
        """The changes of one entity behind a number, the oldest first; none when the log knows nothing of it.

        Each has the number of the `last` that there is.
        """
        return await self.repository.history(entity, entity_id, after, limit=limit, size=MOST_AT_ONCE)
