"""`DELETE /tasks/{id}`."""

import asyncio

from tests.contract.conftest import Add
from tests.contract.expect import UNKNOWN, Task, refused


async def test_a_deletion_is_answered_with_204_and_no_body(client, task: Task):
    answer = await client.delete(f"/tasks/{task['id']}")
    assert answer.status_code == 204
    assert answer.content == b""
    assert "content-type" not in answer.headers
    assert "content-length" not in answer.headers


async def test_a_deleted_task_is_gone(client, task: Task):
    await client.delete(f"/tasks/{task['id']}")
    assert (await client.get("/tasks")).json() == []
    assert refused(await client.put(f"/tasks/{task['id']}", json={}), 404)["detail"] == "Task not found"


async def test_a_second_deletion_finds_nothing(client, task: Task):
    await client.delete(f"/tasks/{task['id']}")
    for _ in range(3):
        assert refused(await client.delete(f"/tasks/{task['id']}"), 404)["detail"] == "Task not found"


async def test_an_unknown_task_is_not_found(client):
    assert refused(await client.delete(f"/tasks/{UNKNOWN}"), 404)["detail"] == "Task not found"


async def test_a_deletion_leaves_the_others_alone(client, add: Add):
    first, second, third = [await add(f"Task {n}") for n in range(3)]
    await client.delete(f"/tasks/{second['id']}")
    assert (await client.get("/tasks")).json() == [first, third]


async def test_of_many_deletions_at_once_exactly_one_deletes(client, task: Task):
    answers = await asyncio.gather(*(client.delete(f"/tasks/{task['id']}") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 19


async def test_a_deletion_needs_no_body_and_minds_none(client, task: Task):
    answer = await client.request("DELETE", f"/tasks/{task['id']}", content=b"not json")
    assert answer.status_code == 204
