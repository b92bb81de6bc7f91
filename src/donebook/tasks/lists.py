"""Reading many tasks: lists, searches, and the trash."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from donebook.openapi import DATABASE, PAGE, answers, examples
from donebook.problems import BadCursor, Invalid
from donebook.tasks import contract
from donebook.tasks.contract import FoundTasks, TaskPage
from donebook.tasks.listing import Listing, Sort
from donebook.tasks.search.marking import Work, marks
from donebook.tasks.search.query import query_of
from donebook.tasks.service import TaskService
from donebook.tasks.shape import shape

PAGE_SIZE, LARGEST, BEST = 50, 200, 200
RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)

Limit = Annotated[
    int | None,
    QueryParameter(ge=1, le=LARGEST, description="How many tasks at most; 50 when it is left out, and 200 with `q`"),
]
Cursor = Annotated[
    str | None,
    QueryParameter(description="Where the page begins: `next` of the page before, with the same sort and filters"),
]


async def lapse(request: Request[Any, Any, Any]) -> None:
    """Have the trash emptied of what is too old to be shown in it."""
    request.app.state["lapse"]()


class Lists:
    """The handlers that list tasks, for the controller of tasks."""

    @get(
        operation_id="findTasks",
        summary="List or search tasks",
        response_description="One page of tasks; with `q`, the tasks that have it, with where they have it",
        responses=answers(*PAGE, *DATABASE),
        opt=examples(contract.EXAMPLE_PAGE),
    )
    async def find_tasks(  # noqa: PLR0917 - what a request may say
        self,
        tasks: NamedDependency[TaskService],
        sort: Annotated[
            Sort | None,
            QueryParameter(
                description="By what, `-` for descending; ties by id. `position` when it is left out, or `updated_at`"
                " with `updated_since`. Titles are compared without case and accents.",
            ),
        ] = None,
        completed: Annotated[
            Literal["true", "false"] | None, QueryParameter(description="Only tasks that are done, or are not")
        ] = None,
        updated_since: Annotated[
            str | None,
            QueryParameter(
                description="Only tasks that changed at that time or later; RFC 3339, with an offset",
                max_length=40,
            ),
        ] = None,
        q: Annotated[
            str | None,
            QueryParameter(
                min_length=1,
                max_length=200,
                pattern=contract.NO_NUL,
                description="What to look for in titles and descriptions: words, beginnings of words, parts of texts"
                " that are written without spaces, without regard to case and accents; words of five letters or more"
                " may have one slip. All must be there. The best 200, best first.",
            ),
        ] = None,
        limit: Limit = None,
        cursor: Cursor = None,
    ) -> TaskPage | FoundTasks:
        """One page of the tasks that are not in the trash; with `q`, the best of those that have it."""
        since = moment(updated_since)
        done = None if completed is None else completed == "true"
        if q is None:
            listing = Listing(sort=sort or ("position" if since is None else "updated_at"), completed=done, since=since)
            found, following = await tasks.page(listing, limit=limit or PAGE_SIZE, cursor=cursor)
            return TaskPage(items=[shape(task) for task in found], next=following)
        if sort is not None:
            raise Invalid.parameter("sort", "with q, the best come first; leave sort out")
        if cursor is not None:
            raise BadCursor("With q there is one page only; leave cursor out")
        query = query_of(q)
        best = await tasks.best(query, completed=done, since=since, limit=limit or BEST)
        items = [shape(task) for task in best]
        found_in = await marks(items, query, Work(tasks.search_work))
        return FoundTasks(items=items, next=None, highlights=found_in)


class Trash:
    """The handler that lists the trash, for the controller of that."""

    @get(
        operation_id="listTrash",
        summary="List the trash",
        response_description="One page of the tasks in the trash, what came last first",
        responses=answers(*PAGE, *DATABASE),
        after_response=lapse,
        opt=examples(contract.EXAMPLE_TRASH),
    )
    async def list_trash(
        self, tasks: NamedDependency[TaskService], limit: Limit = None, cursor: Cursor = None
    ) -> TaskPage:
        """One page of the tasks in the trash, what came last first."""
        found, following = await tasks.trashed(limit=limit or PAGE_SIZE, cursor=cursor)
        return TaskPage(items=[shape(task) for task in found], next=following)


def moment(text: str | None) -> datetime | None:
    """The time that a text names, in UTC.

    Raises:
        Invalid: when it is not one of RFC 3339.
    """
    if text is None:
        return None
    if RFC3339.fullmatch(text):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    raise Invalid.parameter("updated_since", "expected a time with an offset, such as 2026-01-01T10:00:00Z")
