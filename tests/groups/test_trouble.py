"""What goes wrong with a write is no concern of those that it went together with."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from donebook import deadline
from donebook.db.bell import bell_of
from donebook.db.group import STALLED
from donebook.problems import Busy, Invalid, OutcomeUnknown
from tests.groups.gathering import ALONE, MANY, PLACE, gathering, made
from tests.waiting import until


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


async def test_who_leaves_before_it_was_sent_again_overwrites_nothing(tasks, other, migrated_url):
    """Its row was locked when the group came by; meanwhile something newer was stored, and told so."""
    there = await made(tasks, ALONE + 2)
    row = there[-1].id
    second = await asyncpg.connect(migrated_url)
    async with other.transaction():
        await other.execute(PLACE)
        async with second.transaction():
            await second.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", row)
            others = [asyncio.ensure_future(tasks().edit(task.id, title="Other")) for task in there[:-1]]
            old = asyncio.ensure_future(tasks().edit(row, title="Old"))
            await asyncio.sleep(2 * STALLED)
            old.cancel()
            new = asyncio.ensure_future(tasks().edit(row, title="New"))
            await asyncio.sleep(2 * STALLED)
    assert (await new).title == "New"
    await asyncio.gather(*others)
    await asyncio.sleep(STALLED)
    assert (await tasks().one(row)).title == "New"
    await second.close()


async def test_one_that_has_little_time_takes_none_from_the_others(tasks, other):
    async def add(number: int) -> str:
        if number == ALONE:
            deadline.start(1)
        try:
            return str((await tasks().add(f"Task {number}", None))[0].title)
        except OutcomeUnknown:
            return "unknown"

    async with other.transaction():
        await other.execute(PLACE)
        adding = [asyncio.create_task(add(number)) for number in range(MANY)]
        await asyncio.sleep(1.2)
    told = await asyncio.gather(*adding)
    assert told.pop(ALONE) in ("unknown", f"Task {ALONE}")
    assert told == [f"Task {number}" for number in range(MANY) if number != ALONE]


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
