"""The statements about the change log."""

from uuid import UUID

from sqlalchemy import select

from donebook.changes.models import Change
from donebook.db.base import Repository
from donebook.db.statement import Statement, given, mine

LAST_CREATE = Statement[Change](
    select(Change)
    .where(mine(Change), Change.entity_id == given("id"), Change.op == "create")
    .order_by(Change.seq.desc())
    .limit(1)
)


class ChangeRepository(Repository[Change]):
    """The log of one workspace."""

    model_type = Change

    async def creation(self, entity_id: UUID) -> Change | None:
        """How an entity was last created, or None when it never was, or the log has forgotten."""
        return await self.row(LAST_CREATE, id=entity_id)
