"""The statements about tasks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Interval,
    Text,
    Uuid,
    case,
    exists,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from donebook.changes.models import Change
from donebook.db.base import Repository
from donebook.db.grouped import Grouped
from donebook.db.keys import settle
from donebook.db.models import Versions
from donebook.db.session import run
from donebook.db.statement import WORKSPACE, Statement, call, given, mine
from donebook.problems import Problem
from donebook.tasks.listing import Listing
from donebook.tasks.models import Task
from donebook.tasks.search.statement import FIND

LIVE = Task.deleted_at.is_(None)
THIS = Task.id == given("id")
VERSIONS = given("versions", ARRAY(BigInteger))
EXPECTED = VERSIONS.is_(None) | (Task.version == func.any(VERSIONS))
COMPLETED = given("completed", Boolean)
COMPLETION: ColumnElement[Any] = case(
    (COMPLETED.is_(None), Task.completed_at),
    (COMPLETED, func.coalesce(Task.completed_at, func.now())),
)
KEPT = Task.deleted_at > func.now() - given("keep", Interval)

IN_ORDER = Statement[Task](select(Task).where(mine(Task), LIVE).order_by(Task.ordinal))
ONE = Statement[Task](select(Task).where(mine(Task), THIS))

NEW = {
    Task.workspace_id: given(WORKSPACE, Uuid),
    Task.title: given("title", Text),
    Task.description: given("description", Text),
    Task.completed_at: case((COMPLETED, func.now())),
}
CREATE = Statement[Task](insert(Task).values(NEW))
NAMED = {Task.id: given("id", Uuid), **NEW}
CREATE_NAMED = Statement[Task](
    insert(Task)
    .from_select(
        list(NAMED),
        select(*NAMED.values()).where(~exists().where(mine(Change), Change.entity_id == given("id", Uuid))),
    )
    .on_conflict_do_nothing(index_elements=[Task.workspace_id, Task.id])
)  # what the log knows has been there before, if only to be deleted

CHANGE = Statement[Task](
    update(Task)
    .where(mine(Task), THIS, LIVE)
    .values(
        {
            Task.title: func.coalesce(given("title", Text), Task.title),
            Task.description: func.coalesce(given("description", Text), Task.description),
            Task.completed_at: COMPLETION,
        }
    )
)
EDIT = Statement[Task](
    update(Task)
    .where(mine(Task), THIS, LIVE, EXPECTED)
    .values(
        {
            Task.title: func.coalesce(given("title", Text), Task.title),
            Task.description: case((given("describe", Boolean), given("description", Text)), else_=Task.description),
            Task.completed_at: COMPLETION,
        }
    ),
    quiet=True,
)
TRASH = Statement[Task](
    update(Task).where(mine(Task), THIS, LIVE, EXPECTED).values({Task.deleted_at: func.now()}), quiet=True
)
RESTORE = Statement[Task](
    update(Task).where(mine(Task), THIS, KEPT, EXPECTED).values({Task.deleted_at: null()}), quiet=True
)
PLACE = call(
    Task,
    func.place_task(
        given(WORKSPACE, Uuid), given("id", Uuid), given("anchor", Uuid), given("before", Boolean), VERSIONS
    ),
    quiet=True,
)
SPREAD = Statement[Task](
    select(func.spread_tasks(given(WORKSPACE, Uuid), given("id", Uuid)).label("moved")), model=Task, writes=True
)
ERASE = Statement[Task](
    select(
        func.erase_tasks(
            given(WORKSPACE, Uuid), given("ids", ARRAY(Uuid)), VERSIONS, func.now() - given("keep", Interval)
        ).column_valued("id")
    ),
    model=Task,
    writes=True,
)


ERASE_ONE = Statement[Task](
    select(func.erase_task(given(WORKSPACE, Uuid), given("id", Uuid), VERSIONS).column_valued("id")),
    model=Task,
    writes=True,
)
LAPSED = Statement[Task](
    select(Task)
    .where(mine(Task), Task.deleted_at < func.now() - given("keep", Interval))
    .order_by(Task.deleted_at)
    .limit(200)
)


CREATED = Grouped(CREATE, insert(Task).from_select(list(NAMED), select(*NAMED.values())))
CHANGED, EDITED, TRASHED = Grouped(CHANGE), Grouped(EDIT), Grouped(TRASH)


class TaskRepository(Repository[Task]):
    """The tasks of one workspace."""

    model_type = Task

    async def in_order(self) -> Sequence[Task]:
        """Every task that is not in the trash, in the order of creation."""
        return await self.rows(IN_ORDER)

    async def page(self, listing: Listing, *, limit: int, after: tuple[Any, UUID] | None) -> Sequence[Task]:
        """Up to so many tasks of a list, in its order, from behind a place on; each with its `sort_key`."""
        values: dict[str, Any] = {"limit": limit} | listing.values
        if after is not None:
            values["key"], values["id"] = after
        return await self.rows(listing.statement(first=after is None), **values)

    async def find(
        self, queries: Mapping[str, Any], *, completed: bool | None, since: datetime | None, limit: int
    ) -> Sequence[Task]:
        """Up to so many tasks that match, best first."""
        return await self.rows(FIND, **queries, completed=completed, since=since, limit=limit)

    async def one(self, task_id: UUID) -> Task | None:
        """The task, in the trash or not, or None when there is none."""
        return await self.row(ONE, id=task_id)

    async def create(self, title: str, description: str | None, *, completed: bool = False) -> Task:
        """The new task, which comes last."""
        task = await self.in_group(CREATED, title=title, description=description, completed=completed)
        return cast("Task", task)

    async def create_named(
        self, task_id: UUID, title: str, description: str | None, *, completed: bool = False
    ) -> Task | None:
        """The new task, or None when there is, or was, one of this id."""
        return await self.row(CREATE_NAMED, id=task_id, title=title, description=description, completed=completed)

    async def change(
        self, task_id: UUID, *, title: str | None, description: str | None, completed: bool | None
    ) -> Task | None:
        """The task as changed, or None when there is none; None leaves a field alone, and the version moves on anyway.

        The first completion's time is kept for as long as the task stays completed.
        """
        return await self.in_group(CHANGED, id=task_id, title=title, description=description, completed=completed)

    async def edit(
        self,
        task_id: UUID,
        *,
        title: str | None = None,
        description: str | UnsetType | None = UNSET,
        completed: bool | None = None,
        versions: Versions,
    ) -> Task | None:
        """The task as changed, or as it is when nothing moved; None when there is none of these versions."""
        return await self.in_group(
            EDITED,
            id=task_id,
            title=title,
            describe=description is not UNSET,
            description=None if description is UNSET else description,
            completed=completed,
            versions=versions,
        )

    async def trash(self, task_id: UUID, *, versions: Versions = None) -> Task | None:
        """The task, now in the trash, or None when there is none of these versions."""
        return await self.in_group(TRASHED, id=task_id, versions=versions)

    async def restore(self, task_id: UUID, *, keep: timedelta, versions: Versions) -> Task | None:
        """The task, out of the trash, or None when none of these versions has been there for less than `keep`."""
        return await self.row(RESTORE, id=task_id, keep=keep, versions=versions)

    async def place(self, task_id: UUID, anchor: UUID, *, before: bool, versions: Versions) -> Task | None:
        """The task, now next to another, or None when there is none of these versions, or no other.

        Raises:
            NoRoom: when there is no room between the two; `spread` makes some.
        """
        return await self.row(PLACE, id=task_id, anchor=anchor, before=before, versions=versions)

    async def settle(self, outcome: Task | Problem) -> Task:
        """The task, when a write found nothing to do and this is why; a repeated request is answered alike.

        Raises:
            Problem: when it is one, or was one the first time.
        """
        if self.key is not None:
            found: Task = await settle(self.engine, self.caller.workspace, self.key, Task, outcome)
            return found
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    async def spread(self, anchor: UUID) -> None:
        """Make room around a task. This is no part of the request's own change: its key is not spent."""
        await run(self.engine, SPREAD, {"id": anchor}, self.caller)

    async def lapsed(self, *, keep: timedelta) -> Sequence[Task]:
        """Some of the tasks that were in the trash for longer than `keep`."""
        return await self.rows(LAPSED, keep=keep)

    async def erase_lapsed(self, task_ids: Sequence[UUID], *, keep: timedelta) -> Sequence[Task]:
        """The ids of what is now gone for good: tasks that were in the trash for longer than `keep`."""
        return await self.rows(ERASE, ids=task_ids, versions=None, keep=keep)

    async def erase(self, task_id: UUID, *, versions: Versions) -> bool:
        """Whether the task is now gone for good: it was in the trash, or had no row any more, only a past."""
        return bool(await self.rows(ERASE_ONE, id=task_id, versions=versions))
