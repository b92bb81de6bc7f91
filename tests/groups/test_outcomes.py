"""Writes that come at the same time go to the database together, and each is told its own outcome."""

import asyncio
from typing import Any

from donebook.problems import Problem, Stale, TaskNotFound
from donebook.tasks.models import Task
from tests.groups.gathering import ALONE, FEW, MANY, asked_by, commits, gathering, made


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


async def test_the_only_one_of_a_group_that_is_written_is_logged_under_its_own_request(tasks, other):
    there = await made(tasks, ALONE + 2)

    async def edit(number: int, request: str, version: int) -> Any:
        try:
            return await tasks(request).edit(there[number].id, title=request, versions=[version])
        except Stale as problem:
            return problem

    async with asyncio.TaskGroup() as group, gathering(other):
        for number in range(ALONE):
            group.create_task(edit(number, f"first-{number}", 1))
        await asyncio.sleep(0)
        group.create_task(edit(ALONE, "refused", 7))
        group.create_task(edit(ALONE + 1, "mine", 1))
    assert (await asked_by(other, "update"))[there[-1].id] == "mine"
