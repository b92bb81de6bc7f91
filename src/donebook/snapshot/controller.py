"""`/api/v1/snapshot`: everything, to begin a copy with."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.changes.service import ChangeService
from donebook.db.caller import Caller
from donebook.openapi import DATABASE, answers, examples
from donebook.snapshot.service import Snapshots
from donebook.streaming import Streamed, nothing
from donebook.tasks.contract import EXAMPLE_SNAPSHOT, Snapshot

JSON = "application/json"


class SnapshotController(Controller):
    """Everything at one moment."""

    path = "/api/v1/snapshot"
    tags = ["Changes"]

    @get(
        operation_id="takeSnapshot",
        summary="Take a snapshot",
        response_description="Every task, and the place in the log at which they were so",
        responses=answers(*DATABASE),
        media_type=JSON,
        opt=examples(EXAMPLE_SNAPSHOT),
    )
    async def take_snapshot(
        self,
        scope: Scope,
        snapshots: NamedDependency[Snapshots],
        changes: NamedDependency[ChangeService],
        caller: NamedDependency[Caller],
        engine: NamedDependency[AsyncEngine],
    ) -> Streamed[Snapshot]:
        """Every task at one moment, those in the trash included, and the cursor from which the log goes on.

        It is sent while it is read. When it cannot be brought to its end the connection is cut, so that what arrived is
        no JSON; a client that takes nothing for ten seconds is cut off as well.
        """
        if scope["state"].get("head"):
            await changes.head()
            return Streamed(nothing(), media_type=JSON)
        first, others = await snapshots.take(engine, caller)
        return Streamed(others, first=first, media_type=JSON)
