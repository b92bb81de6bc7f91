"""`PUT /tasks/{id}`."""

from typing import Any

import pytest

from tests.contract.conftest import Add
from tests.contract.expect import UNKNOWN, Task, a_task, moment, refused

FULL = {"title": "Buy cheese", "description": "A large one", "completed": True}


@pytest.fixture
async def done(client, task: Task) -> Task:
    """A task whose every member has a value that is not its default."""
    return a_task((await client.put(f"/tasks/{task['id']}", json={"completed": True})).json())


def without_time(task: Task) -> Task:
    return {name: value for name, value in task.items() if name != "updated_at"}


@pytest.mark.parametrize(
    "members",
    [FULL, *({name: value} for name, value in FULL.items()), {"description": ""}, {"completed": False}],
    ids="-".join,
)
async def test_a_change_is_answered_with_200_and_the_task_as_changed(client, task: Task, members: dict[str, Any]):
    answer = await client.put(f"/tasks/{task['id']}", json=members)
    assert answer.status_code == 200
    changed = a_task(answer.json())
    assert without_time(changed) == without_time(task | members)
    assert (await client.get("/tasks")).json() == [changed]


@pytest.mark.parametrize("members", [{}, dict.fromkeys(FULL), *({name: None} for name in FULL), {"unknown": 1}])
async def test_an_absent_member_or_a_null_leaves_the_field_as_it_is(client, done: Task, members: dict[str, Any]):
    answer = await client.put(f"/tasks/{done['id']}", json=members)
    assert answer.status_code == 200
    assert without_time(answer.json()) == without_time(done)


@pytest.mark.parametrize("member", FULL)
async def test_a_null_beside_a_change_leaves_its_own_field_only(client, done: Task, member: str):
    others = {name: value for name, value in FULL.items() if name != member}
    answer = await client.put(f"/tasks/{done['id']}", json={**others, member: None})
    assert without_time(answer.json()) == without_time(done | others)


async def test_a_completed_task_can_be_opened_again(client, done: Task):
    answer = await client.put(f"/tasks/{done['id']}", json={"completed": False})
    assert answer.json()["completed"] is False


async def test_completing_twice_is_as_completing_once(client, done: Task):
    answer = await client.put(f"/tasks/{done['id']}", json={"completed": True})
    assert without_time(answer.json()) == without_time(done)


@pytest.mark.parametrize("members", [{}, FULL, {"title": None}, {"title": "Buy milk", "description": "Two bottles"}])
async def test_every_change_moves_updated_at_also_one_that_changes_nothing(client, task: Task, members):
    last = task
    for _ in range(5):
        changed = (await client.put(f"/tasks/{task['id']}", json=members)).json()
        assert moment(changed["updated_at"]) > moment(last["updated_at"])
        assert changed["created_at"] == task["created_at"]
        last = changed


@pytest.mark.parametrize(
    "unknown",
    [{"id": UNKNOWN}, {"created_at": "2001-01-01T00:00:00Z"}, {"updated_at": None}, {"version": 1, "ordinal": 0}],
)
async def test_unknown_members_are_ignored(client, task: Task, unknown: dict[str, Any]):
    answer = await client.put(f"/tasks/{task['id']}", json=unknown)
    assert answer.status_code == 200
    assert without_time(a_task(answer.json())) == without_time(task)


async def test_a_change_leaves_other_tasks_alone(client, add: Add):
    first, second, third = [await add(f"Task {n}") for n in range(3)]
    changed = (await client.put(f"/tasks/{second['id']}", json=FULL)).json()
    assert (await client.get("/tasks")).json() == [first, changed, third]


@pytest.mark.parametrize("wrong", [{"title": ""}, {"description": 1}, {"completed": "yes"}])
async def test_a_refused_change_changes_nothing_not_even_the_time(client, task: Task, wrong: dict[str, Any]):
    refused(await client.put(f"/tasks/{task['id']}", json=FULL | wrong), 422)
    assert (await client.get("/tasks")).json() == [task]


async def test_an_unknown_task_is_not_found(client):
    assert refused(await client.put(f"/tasks/{UNKNOWN}", json=FULL), 404)["detail"] == "Task not found"


async def test_a_change_makes_no_task(client):
    await client.put(f"/tasks/{UNKNOWN}", json=FULL)
    assert (await client.get("/tasks")).json() == []


@pytest.mark.parametrize("task_id", [UNKNOWN, "1", "not-a-uuid", "%00"])
@pytest.mark.parametrize("body", [b'{"title": ""}', b'{"completed": 1}', b"", b"[]", b"{", b'{"title": "\xff"}'])
async def test_an_invalid_body_is_refused_before_the_id_is_looked_up(client, task_id: str, body: bytes):
    headers = {"content-type": "application/json"}
    refused(await client.put(f"/tasks/{task_id}", content=body, headers=headers), 422)
