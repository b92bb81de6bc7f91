"""`GET /tasks`."""

import asyncio

from tests.contract.conftest import Add


async def test_an_empty_list_is_an_empty_array(client):
    answer = await client.get("/tasks")
    assert answer.status_code == 200
    assert answer.content == b"[]"


async def test_the_list_is_a_bare_array(client, task):
    answer = await client.get("/tasks")
    assert answer.status_code == 200
    assert answer.json() == [task]


async def test_tasks_stand_in_the_order_in_which_they_were_created(client, add: Add):
    made = [await add(f"Task {n}") for n in range(30)]
    assert (await client.get("/tasks")).json() == made


async def test_a_changed_task_keeps_its_place(client, add: Add, everything):
    made = [(await add(f"Task {n}"))["id"] for n in range(10)]
    for task_id in (made[0], made[5], made[9], made[0]):
        answer = await client.put(f"/tasks/{task_id}", json={"title": "Changed", "completed": True})
        assert answer.status_code == 200
        assert [task["id"] for task in await everything()] == made


async def test_a_deleted_task_leaves_the_others_in_order(client, add: Add, everything):
    made = [(await add(f"Task {n}"))["id"] for n in range(5)]
    await client.delete(f"/tasks/{made.pop(2)}")
    made.append((await add("The last"))["id"])
    assert [task["id"] for task in await everything()] == made


async def test_what_was_created_after_an_answer_stands_after_it(add: Add, everything):
    waves = [await asyncio.gather(*(add(f"Wave {wave}") for _ in range(20))) for wave in range(4)]
    titles = [task["title"] for task in await everything()]
    assert titles == sorted(titles)
    assert len(titles) == sum(len(wave) for wave in waves)


async def test_tasks_created_at_once_are_all_there_and_in_the_same_order_every_time(client, add: Add, everything):
    made = await asyncio.gather(*(add(f"Task {n}") for n in range(60)))
    first = await everything()
    assert sorted(task["title"] for task in first) == sorted(task["title"] for task in made)
    await asyncio.gather(*(client.put(f"/tasks/{task['id']}", json={"completed": True}) for task in first[::3]))
    assert [task["id"] for task in await everything()] == [task["id"] for task in first]


async def test_the_list_has_no_pages(add: Add, everything):
    for _ in range(11):
        await asyncio.gather(*(add() for _ in range(100)))
    assert len(await everything()) == 1100


async def test_tasks_of_the_same_title_are_different_tasks(add: Add, everything):
    first, second = await add("Twin"), await add("Twin")
    assert await everything() == [first, second]
