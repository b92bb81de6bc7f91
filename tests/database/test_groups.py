"""Writes that come at the same time go to the database together, and each is told its own outcome."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.base import Session
from donebook.db.bell import bell_of
from donebook.db.caller import Caller
from donebook.db.engine import create_engine
from donebook.db.group import STALLED
from donebook.db.limits import Limits
from donebook.db.pool import pool_of
from donebook.db.url import parse_database_url
from donebook.problems import Busy, Invalid, Problem, Stale, TaskNotFound
from donebook.tasks.models import Task
from donebook.tasks.service import TaskService
from tests.waiting import until

MANY = 40
FEW = 12  # those that went before there was anybody to wait for, and the groups
PLACE = "SELECT FROM logs FOR UPDATE"
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

type Asks = Callable[..., TaskService]


@pytest.fixture
async def engine(migrated_url) -> AsyncIterator[AsyncEngine]:
    """An engine of ten connections, none of them open yet."""
    made = create_engine(parse_database_url(migrated_url), Limits(pool_timeout=2))
    yield made
    assert pool_of(made).checkedout() == 0
    await made.dispose()


@pytest.fixture
async def other(migrated_url) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else."""
    opened = await asyncpg.connect(migrated_url)
    yield opened
    await opened.close()


@pytest.fixture
def tasks(engine) -> Asks:
    """Tasks, as a request asks for them."""

    def asked(request: str = "-") -> TaskService:
        caller = Caller(workspace=DEFAULT_WORKSPACE, request_id=request)
        return TaskService(Session(engine, lambda: AsyncSession(engine)), caller=caller)

    return asked


@asynccontextmanager
async def gathering(other: asyncpg.Connection, lock: str = PLACE) -> AsyncIterator[None]:
    """Nobody can write meanwhile, so that writes wait for each other."""
    async with other.transaction():
        await other.execute(lock)
        yield
        await until(lambda: blocked(other))
        await asyncio.sleep(2 * STALLED)


async def blocked(other: asyncpg.Connection) -> bool:
    await other.execute("SELECT pg_stat_clear_snapshot()")  # what a transaction has seen of others, it sees again
    return bool(await other.fetchval(BLOCKED))


async def made(tasks: Asks, count: int) -> list[Task]:
    return [(await tasks().add(f"Task {number}", None))[0] for number in range(count)]


async def asked_by(other: asyncpg.Connection, op: str) -> dict[UUID, str]:
    rows = await other.fetch("SELECT entity_id, request_id FROM changes WHERE op = $1", op)
    return {row["entity_id"]: row["request_id"] for row in rows}


async def commits(other: asyncpg.Connection, op: str) -> int:
    """In how many transactions tasks were written."""
    return int(await other.fetchval("SELECT count(DISTINCT xmin::text) FROM changes WHERE op = $1", op))


async def test_new_tasks_are_each_what_was_asked_for(tasks, other):
    async with asyncio.TaskGroup() as group, gathering(other):
        adding = [
            group.create_task(tasks(f"request-{number}").add(f"Task {number}", None, completed=number % 2 == 0))
            for number in range(MANY)
        ]
    added = [(await each)[0] for each in adding]
    assert [task.title for task in added] == [f"Task {number}" for number in range(MANY)]
    assert [task.completed_at is not None for task in added] == [number % 2 == 0 for number in range(MANY)]
    assert await asked_by(other, "create") == {task.id: f"request-{number}" for number, task in enumerate(added)}
    assert [seq for (seq,) in await other.fetch("SELECT seq FROM changes ORDER BY seq")] == [*range(1, MANY + 1)]
    assert await commits(other, "create") <= FEW


async def test_changes_are_each_told_their_own_outcome(tasks, other):
    there = await made(tasks, MANY)
    gone, stale = there[MANY // 2], there[MANY // 3]
    await tasks().trash(gone.id)

    async def edit(number: int, task: Task) -> Any:
        versions = [7] if task is stale else [1]
        try:
            return await tasks(f"request-{number}").edit(task.id, description=f"Of {number}", versions=versions)
        except Problem as problem:
            return problem

    async with asyncio.TaskGroup() as group, gathering(other):
        editing = [group.create_task(edit(number, task)) for number, task in enumerate(there)]
    for number, task in enumerate(there):
        told = await editing[number]
        if task is gone:
            assert isinstance(told, TaskNotFound)
        elif task is stale:
            assert isinstance(told, Stale)
        else:
            assert (told.id, told.title, told.description, told.version) == (task.id, task.title, f"Of {number}", 2)
    asked = await asked_by(other, "update")
    assert all(asked[task.id] == f"request-{number}" for number, task in enumerate(there) if task not in (gone, stale))
    assert await commits(other, "update") <= FEW


async def test_changes_of_one_task_come_one_after_the_other(tasks, other):
    [task] = await made(tasks, 1)
    async with asyncio.TaskGroup() as group, gathering(other):
        changing = [group.create_task(tasks().change(task.id, title=f"Title {number}")) for number in range(MANY)]
    told = {(await each).version: (await each).title for each in changing}
    assert sorted(told) == [*range(2, MANY + 2)]
    assert (await tasks().one(task.id)).title == told[MANY + 1]
    changes = await other.fetch("SELECT version, diff FROM changes WHERE op = 'update' ORDER BY seq")
    assert [change["version"] for change in changes] == [*range(2, MANY + 2)]


async def test_a_task_that_somebody_has_locked_keeps_nobody_else_waiting(tasks, other):
    there = await made(tasks, MANY)
    async with asyncio.TaskGroup() as group, other.transaction():
        await other.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", there[-1].id)
        trashing = [group.create_task(tasks().trash(task.id)) for task in there]
        await asyncio.wait(trashing[:-1])
        await asyncio.sleep(STALLED)
        assert not trashing[-1].done()
    assert [(await each).id for each in trashing] == [task.id for task in there]


async def test_one_that_the_database_refuses_spoils_nothing_for_the_others(tasks, other):
    await other.execute("ALTER TABLE tasks ADD CONSTRAINT good CHECK (title <> 'Bad')")

    async def add(title: str) -> str:
        try:
            return str((await tasks().add(title, None))[0].title)
        except Invalid:
            return "refused"

    titles = ["Bad" if number % 9 == 8 else f"Task {number}" for number in range(MANY)]
    async with asyncio.TaskGroup() as group, gathering(other):
        adding = [group.create_task(add(title)) for title in titles]
    assert [await each for each in adding] == [title.replace("Bad", "refused") for title in titles]
    stored = [title for (title,) in await other.fetch("SELECT title FROM tasks")]
    assert sorted(stored) == sorted(title for title in titles if title != "Bad")


async def test_who_leaves_before_it_was_sent_has_written_nothing(tasks, other):
    async with asyncio.TaskGroup() as group, gathering(other):
        staying = [group.create_task(tasks().add(f"Staying {number}", None)) for number in range(MANY)]
        leaving = [asyncio.ensure_future(tasks().add(f"Leaving {number}", None)) for number in range(MANY)]
        await asyncio.sleep(0)
        for each in leaving:
            each.cancel()
    assert {(await each)[0].title for each in staying} == {f"Staying {number}" for number in range(MANY)}
    assert await other.fetchval("SELECT count(*) FROM tasks") == MANY


async def test_what_goes_wrong_after_the_commit_is_not_done_again(engine, tasks, other):
    def fail(_workspace: UUID) -> bool:
        raise RuntimeError

    bell_of(engine).wake = fail
    adding: list[asyncio.Future[Any]] = []
    async with gathering(other):
        adding += [asyncio.ensure_future(tasks().add(f"Task {number}", None)) for number in range(MANY)]
    told = await asyncio.gather(*adding, return_exceptions=True)
    assert all(isinstance(each, RuntimeError | tuple) for each in told)
    assert await other.fetchval("SELECT count(*) FROM tasks") == MANY


async def test_nobody_waits_longer_for_his_turn_than_for_a_connection(tasks, other):
    """And whoever was told that nothing happened has written nothing."""
    async with other.transaction():
        await other.execute(PLACE)
        adding: list[asyncio.Future[Any]] = []
        for _ in range(30):  # more and more statements that do not come back
            adding += [asyncio.ensure_future(tasks().add("Waiting", None)) for _ in range(3)]
            await asyncio.sleep(STALLED)
        await until(lambda: _any(adding))
    told = await asyncio.gather(*adding, return_exceptions=True)
    busy = sum(isinstance(each, Busy) for each in told)
    assert busy > 0
    assert await other.fetchval("SELECT count(*) FROM tasks") == len(told) - busy


async def _any(adding: list[asyncio.Future[Any]]) -> bool:
    return any(each.done() for each in adding)
