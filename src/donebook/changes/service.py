"""The rules about the change log."""

from datetime import timedelta
from uuid import UUID

from donebook.changes.models import Change
from donebook.changes.repository import ChangeRepository
from donebook.db.base import Service


class ChangeService(Service[Change, ChangeRepository]):
    """The log of one workspace."""

    repository_type = ChangeRepository

    async def creation(self, entity_id: UUID) -> Change | None:
        """How an entity was last created, or None when it never was, or the log has forgotten."""
        return await self.repository.creation(entity_id)

    async def forget(self, keep: timedelta) -> int:
        """Forget what is older than that; how many changes that were. What is left has no gaps."""
        return await self.repository.forget(keep)
