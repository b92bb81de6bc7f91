"""`POST /tasks`."""

import pytest

from tests.contract.conftest import Add
from tests.contract.expect import UNKNOWN, a_task, refused


async def test_a_new_task_is_answered_with_201_and_the_task(client):
    answer = await client.post("/tasks", json={"title": "Buy milk", "description": "Two bottles"})
    assert answer.status_code == 201
    task = a_task(answer.json())
    assert (task["title"], task["description"], task["completed"]) == ("Buy milk", "Two bottles", False)


async def test_what_was_answered_is_what_is_stored(client):
    made = (await client.post("/tasks", json={"title": "Buy milk", "description": "Two"})).json()
    assert (await client.get("/tasks")).json() == [made]


@pytest.mark.parametrize("completed", [True, False, None, "yes", 1, [], {"a": True}, 1e300])
async def test_completed_is_ignored_and_a_new_task_is_not_completed(client, completed):
    answer = await client.post("/tasks", json={"title": "Buy milk", "completed": completed})
    assert answer.status_code == 201
    assert answer.json()["completed"] is False


@pytest.mark.parametrize(
    "unknown",
    [
        {"id": UNKNOWN},
        {"id": None},
        {"created_at": "2001-01-01T00:00:00Z", "updated_at": "2001-01-01T00:00:00Z"},
        {"workspace_id": UNKNOWN, "ordinal": -1, "version": 99, "completed_at": "2001-01-01T00:00:00Z"},
        {"Title": "", "TITLE": 1, "title ": None},
        {"__proto__": {"completed": True}, "constructor": {}, "": 0},
        {"nested": {"title": "", "list": [[[1, None, "\u0000"]]]}},
        {"title\u0000": 1},
        {"日本": "語"},
    ],
    ids=lambda unknown: "-".join(unknown).encode("unicode_escape").decode(),
)
async def test_unknown_members_are_ignored(client, unknown):
    answer = await client.post("/tasks", json={"title": "Buy milk", **unknown})
    assert answer.status_code == 201
    task = a_task(answer.json())
    assert task["title"] == "Buy milk"
    assert task["id"] != UNKNOWN
    assert task["created_at"] == task["updated_at"] > "2020"


async def test_a_hundred_thousand_unknown_members_are_ignored_too(client):
    answer = await client.post("/tasks", json={"title": "Buy milk"} | {str(n): n for n in range(60_000)})
    assert answer.status_code == 201


async def test_a_refused_task_is_not_stored(client, add: Add, everything):
    before = [await add()]
    refused(await client.post("/tasks", json={"title": ""}), 422)
    refused(await client.post("/tasks", json={"title": "Buy milk", "description": 1}), 422)
    assert await everything() == before


async def test_members_may_come_in_any_order(client):
    answer = await client.post("/tasks", json={"completed": False, "description": "Two", "x": 1, "title": "Buy milk"})
    assert answer.status_code == 201
    assert answer.json()["description"] == "Two"
