"""`/api/v1/changes`: the log, read in pages or followed as it grows; and the history of one task."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.types import Scope

from donebook.changes import contract
from donebook.changes.contract import ChangePage, History
from donebook.changes.cursor import Cursor, parse, parse_history, write_history
from donebook.changes.feed import Entities, shaped
from donebook.changes.hub import Hub
from donebook.changes.service import ChangeService
from donebook.changes.stream import follow
from donebook.openapi import DATABASE, FOUND, PAGE, QUERY, answers, examples
from donebook.problems import BadCursor, CursorGone, TaskNotFound
from donebook.streaming import Streamed
from donebook.wire import parse_id

EVENT_STREAM = "text/event-stream"
TASK = "task"
HEADERS = {"X-Accel-Buffering": "no", "Connection": "close"}  # for nginx; and so that a stop need not wait
BEGINNING = "0"  # as an example, for every log has it

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many changes at most")]
After = Annotated[
    str,
    QueryParameter(
        description="A cursor: of a change, of a page or of a snapshot. 0 is the beginning of the log.",
        examples=[Example(value=BEGINNING)],
    ),
]
StreamAfter = Annotated[
    str | None,
    QueryParameter(
        name="after",
        description="A cursor, or 0 for the beginning of the log; without it the stream begins with what comes next.",
        examples=[Example(value=BEGINNING)],
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="A cursor, which counts more than `after`: browsers send it when they come back.",
    ),
]
HistoryCursor = Annotated[
    str | None, QueryParameter(name="cursor", description="The `next` of the page before", required=False)
]
TaskId = Annotated[
    str, PathParameter(description="The task's id", examples=[Example(value=contract.EXAMPLE.entity_id)])
]


class ChangeController(Controller):
    """The log of the workspace."""

    path = "/api/v1/changes"
    tags = ["Changes"]

    @get(
        operation_id="listChanges",
        summary="Read the change log",
        response_description="Changes in a row",
        responses=answers(BadCursor, CursorGone, QUERY, *DATABASE),
        opt=examples(contract.EXAMPLE_PAGE),
    )
    async def list_changes(
        self,
        changes: NamedDependency[ChangeService],
        entities: NamedDependency[Entities],
        after: After = BEGINNING,
        limit: Limit = 100,
    ) -> ChangePage:
        """Every change behind a cursor, whoever made it, once and in the order of the commits, without gaps."""
        place = parse(after)
        page = await changes.page(place, limit)
        told = shaped(page.changes, entities)
        last = told[-1].seq if told else place.seq if place else 0
        return ChangePage(changes=told, next=str(Cursor(page.epoch, last)), has_more=last < page.head)

    @get(
        "/stream",
        operation_id="followChanges",
        summary="Follow the change log",
        response_description="An event for each change: `id` is its cursor, `data` the change as JSON",
        responses=answers(BadCursor, CursorGone, *DATABASE),
        media_type=EVENT_STREAM,
        opt=examples(contract.EXAMPLE_EVENTS),
    )
    async def follow_changes(
        self,
        scope: Scope,
        changes: NamedDependency[ChangeService],
        hub: NamedDependency[Hub],
        *,
        after: StreamAfter = None,
        last_event_id: LastEventId = None,
    ) -> Streamed[str]:
        """The same as server-sent events, for as long as the connection lasts.

        A client that comes back with the last event's id, as browsers do by themselves, gets each change once and in
        order. One that names no place gets an event with an id and no data first. Comments say that the connection is
        still there. The server ends a stream when it stops, or when the log was restored to an earlier state; coming
        back then is answered 410.
        """
        given = last_event_id or after
        place = await changes.head() if given is None else await changes.place(parse(given))
        drop = scope["state"].get("abort", _nothing)
        events = follow(hub, changes.workspace, place, drop, named=given is not None)
        return Streamed(events, media_type=EVENT_STREAM, headers=HEADERS)


class HistoryController(Controller):
    """What became of one task."""

    path = "/api/v1/tasks/{task_id:str}/history"
    tags = ["Tasks v1"]

    @get(
        operation_id="getTaskHistory",
        summary="Get a task's history",
        response_description="Its changes, the oldest first",
        responses=answers(*PAGE, *FOUND, *DATABASE),
        opt=examples(contract.EXAMPLE_HISTORY),
    )
    async def get_history(
        self,
        changes: NamedDependency[ChangeService],
        entities: NamedDependency[Entities],
        task_id: TaskId,
        cursor: HistoryCursor = None,
        limit: Limit = 100,
    ) -> History:
        """Everything that happened to a task, also to one that was deleted: who did it, when, and what moved."""
        entity_id = parse_id(task_id)
        if entity_id is None:
            raise TaskNotFound
        after = 0 if cursor is None else parse_history(entity_id, cursor)
        rows = await changes.history(TASK, entity_id, after, limit)
        if not rows and cursor is None:
            raise TaskNotFound
        told = shaped(rows, entities)
        more = bool(rows) and rows[-1]["seq"] < rows[-1]["last"]
        return History(changes=told, next=write_history(entity_id, told[-1].seq) if more else None)


def _nothing() -> None:
    """What cuts a connection under a server that cannot."""
