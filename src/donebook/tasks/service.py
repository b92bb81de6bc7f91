"""The rules about tasks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from donebook.changes.service import ChangeService
from donebook.db.base import Service, Session
from donebook.db.models import Versions
from donebook.problems import IdTaken, NoRoom, Problem, Stale, TaskNotFound
from donebook.tasks.cursor import read, write
from donebook.tasks.listing import Listing
from donebook.tasks.models import Task
from donebook.tasks.repository import TaskRepository
from donebook.tasks.search.query import Query, scope
from donebook.tasks.shape import shape

KEEP_TRASH = timedelta(days=30)


class TaskService(Service[Task, TaskRepository]):
    """The tasks of one workspace; no statement can reach another.

    Args:
        session: whose engine to use.
        keep: how long tasks stay in the trash.
        search_work: what one search may do to mark what it has found, in characters.
        who: the caller and, for a write, its idempotency key.
    """

    repository_type = TaskRepository

    def __init__(self, session: Session, *, keep: timedelta = KEEP_TRASH, search_work: int = 0, **who: Any) -> None:
        super().__init__(session, **who)
        self.keep = keep
        self.search_work = search_work
        self._session = session

    @cached_property
    def changes(self) -> ChangeService:
        """The log of the same workspace."""
        return ChangeService(self._session, caller=self.repository.caller)

    async def in_order(self) -> Sequence[Task]:
        """Every task that is not in the trash, in the order of creation."""
        return await self.repository.in_order()

    async def page(self, listing: Listing, *, limit: int, cursor: str | None) -> tuple[Sequence[Task], str | None]:
        """Up to so many tasks of a list, and the cursor of the next page, or None on the last.

        It may be fewer, or none, before the last as well (see `donebook.tasks.since`).

        Raises:
            BadCursor: when the cursor is not one of this list.
        """
        after = None
        if cursor is not None:
            place, task_id = read(cursor, listing.name)
            after = listing.key(place), task_id
        found: Sequence[Any] = await self.repository.page(listing, limit=limit + 1, after=after)
        if listing.walks and found and found[-1].passed:
            *found, last = found
        elif len(found) <= limit:
            return found, None
        else:
            last = found[limit - 1]
        return found[:limit], write(listing.place(last.sort_key), last.id, listing.name)

    async def trashed(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Task], str | None]:
        """Up to so many tasks in the trash, what came last first, and the cursor of the next page, or None.

        What should have been deleted for good by now is left out.

        Raises:
            BadCursor: when the cursor is not one of the trash.
        """
        return await self.page(Listing(sort="-deleted_at", keep=self.keep), limit=limit, cursor=cursor)

    async def best(self, query: Query, *, completed: bool | None, since: datetime | None, limit: int) -> Sequence[Task]:
        """The tasks that have all terms of the query, best first; none when it has no terms.

        Whole words come before beginnings, these before parts of runs, and these before what is almost the word; among
        equals titles before descriptions; then the older id.
        """
        if not query.terms:
            return []
        queries = query.values(scope(self.repository.caller.workspace))
        return await self.repository.find(queries, completed=completed, since=since, limit=limit)

    async def one(self, task_id: UUID) -> Task:
        """The task.

        Raises:
            TaskNotFound: when there is none, or it is in the trash.
        """
        task = await self.repository.one(task_id)
        if task is None or task.deleted_at is not None:
            raise TaskNotFound
        return task

    async def add(
        self, title: str, description: str | None, *, completed: bool = False, task_id: UUID | None = None
    ) -> tuple[Task, bool]:
        """The task, as stored, and whether it is new: it is not when its id was sent before, with the same.

        Raises:
            IdTaken: when the id was used for another task, or for one that was deleted.
        """
        if task_id is None:
            return await self.repository.create(title, description, completed=completed), True
        task = await self.repository.create_named(task_id, title, description, completed=completed)
        if task is not None:
            return task, not getattr(task, "found", False)
        return await self.repository.settle(await self._found(task_id, (title, description, completed))), False

    async def _found(self, task_id: UUID, given: tuple[str, str | None, bool]) -> Task | IdTaken:
        """The task that has the id, if it was created with the same; else why it cannot be created."""
        task = await self.repository.one(task_id)
        try:
            created = None if task is None else await self._created(task)
        except IdTaken as problem:
            return problem
        if task is None:
            return IdTaken("This id was used for a task that was deleted")
        return task if created == given else IdTaken()

    async def _created(self, task: Task) -> tuple[str, str | None, bool]:
        """With what a task was created; as it is now, when the log does not go back so far."""
        change = await self.changes.creation(task.id)
        if change is not None and change.erased:
            raise IdTaken("This id was used for a task that was deleted")
        if change is None:
            return task.title, task.description, task.completed_at is not None
        diff = change.diff
        return diff["title"][1], diff["description"][1], diff["completed_at"][1] is not None

    async def change(
        self,
        task_id: UUID,
        *,
        title: str | None = None,
        description: str | None = None,
        completed: bool | None = None,
    ) -> Task:
        """The task as changed; None leaves a field alone, and the version moves on anyway.

        Raises:
            TaskNotFound: when there is no such task.
        """
        task = await self.repository.change(task_id, title=title, description=description, completed=completed)
        if task is None:
            raise TaskNotFound
        return task

    async def edit(
        self,
        task_id: UUID,
        *,
        title: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        completed: bool | UnsetType = UNSET,
        versions: Versions = None,
    ) -> Task:
        """The task as changed, or as it is when nothing moved; what is not set is left alone.

        Raises:
            TaskNotFound: when there is no such task.
            Stale: when it has none of these versions.
        """
        task = await self.repository.edit(
            task_id,
            title=None if title is UNSET else title,
            description=description,
            completed=None if completed is UNSET else completed,
            versions=versions,
        )
        return task or await self._refuse(task_id, versions)

    async def place(self, task_id: UUID, anchor: UUID, *, before: bool, versions: Versions = None) -> Task:
        """The task, now right before or behind another.

        Raises:
            TaskNotFound: when either is not there.
            Stale: when the task has none of these versions.
        """
        while True:
            try:
                task = await self.repository.place(task_id, anchor, before=before, versions=versions)
            except NoRoom:
                await self.repository.spread(anchor)
            else:
                return task or await self._refuse(task_id, versions, missing=anchor)

    async def trash(self, task_id: UUID, *, versions: Versions = None) -> Task:
        """The task, now in the trash.

        Raises:
            TaskNotFound: when there is no such task, or it is in the trash already.
            Stale: when it has none of these versions.
        """
        return await self.repository.trash(task_id, versions=versions) or await self._refuse(task_id, versions)

    async def restore(self, task_id: UUID, *, versions: Versions = None) -> Task:
        """The task, out of the trash; as it is when it was not there.

        Raises:
            TaskNotFound: when there is no such task, or it was in the trash for too long.
            Stale: when it has none of these versions.
        """
        task = await self.repository.restore(task_id, keep=self.keep, versions=versions)
        if task is not None:
            return task
        task = await self.repository.one(task_id)
        if task is not None and versions is not None and task.version not in versions:
            return await self.repository.settle(Stale(current=shape(task)))
        if task is None or task.deleted_at is not None:
            return await self.repository.settle(TaskNotFound())
        return await self.repository.settle(task)

    async def erase(self, task_id: UUID, *, versions: Versions = None) -> None:
        """Delete a task in the trash for good: its content also goes from the log and from stored answers.

        So does that of one that has no row any more, because its creation was undone or it was deleted past Donebook.

        Raises:
            TaskNotFound: when there is no such task in the trash, nor was.
            Stale: when it has none of these versions.
        """
        if not await self.repository.erase(task_id, versions=versions):
            await self._refuse(task_id, versions, trashed=True)

    async def lapse(self) -> int:
        """Delete for good what was in the trash for too long; how many tasks that were."""
        erased = 0
        while lapsed := await self.repository.lapsed(keep=self.keep):
            gone = await self.repository.erase_lapsed([task.id for task in lapsed], keep=self.keep)
            erased += len(gone)
            if not gone:
                break  # another process was faster
        return erased

    async def _refuse(
        self, task_id: UUID, versions: Versions, *, trashed: bool = False, missing: UUID | None = None
    ) -> Task:
        """Say why a write found no row; where there can be one reason only, nobody need be asked, now or later."""
        if versions is None and missing is None:
            raise TaskNotFound
        task = await self.repository.one(task_id)
        problem: Problem = TaskNotFound()
        if task is not None and (task.deleted_at is not None) is trashed:
            if missing is None or (versions is not None and task.version not in versions):
                problem = Stale(current=shape(task))
            else:
                problem = TaskNotFound("The task to move next to was not found")
        return await self.repository.settle(problem)
