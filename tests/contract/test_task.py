"""Section "Task": what a task is, wherever it is shown."""

import json
from email.utils import parsedate_to_datetime

import pytest

from tests.contract.conftest import Add
from tests.contract.expect import MEMBERS, RFC_3339, Task, a_task, moment


async def test_a_new_task_has_exactly_the_six_members(client):
    answer = await client.post("/tasks", json={"title": "Buy milk"})
    assert set(answer.json()) == MEMBERS


async def test_no_member_is_named_twice(client, task: Task):
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert sorted(name for name, _ in pairs) == sorted(MEMBERS)
        return dict(pairs)

    text = (await client.get("/tasks")).text
    assert len(json.loads(text, object_pairs_hook=once)) == 1


async def test_every_endpoint_shows_the_same_task(client, task: Task):
    changed = a_task((await client.put(f"/tasks/{task['id']}", json={"completed": True})).json())
    assert (await client.get("/tasks")).json() == [changed]
    assert changed == task | {"completed": True, "updated_at": changed["updated_at"]}


async def test_ids_are_never_the_same(add: Add):
    ids = {(await add())["id"] for _ in range(50)}
    assert len(ids) == 50


async def test_a_new_task_is_open_without_description_and_just_changed(client):
    task = a_task((await client.post("/tasks", json={"title": "Buy milk"})).json())
    assert task["title"] == "Buy milk"
    assert task["description"] is None
    assert task["completed"] is False
    assert task["created_at"] == task["updated_at"]


@pytest.mark.parametrize("member", ["created_at", "updated_at"])
async def test_times_are_rfc_3339_in_utc_also_after_a_change(client, task: Task, member: str):
    changed = (await client.put(f"/tasks/{task['id']}", json={"completed": True})).json()
    [listed] = (await client.get("/tasks")).json()
    for shown in (task, changed, listed):
        assert RFC_3339.fullmatch(shown[member])


async def test_times_sort_as_texts_in_the_order_in_which_they_passed(client, add: Add):
    texts = [(await add())["created_at"] for _ in range(20)]
    assert texts == sorted(texts)
    assert sorted(texts, key=moment) == texts


async def test_the_clock_is_the_worlds(client):
    answer = await client.post("/tasks", json={"title": "Buy milk"})
    apart = moment(answer.json()["created_at"]) - parsedate_to_datetime(answer.headers["date"])
    assert abs(apart.total_seconds()) < 60


async def test_answers_are_json_in_utf_8(client, add: Add):
    await add("Żółć 🧀")
    answer = await client.get("/tasks")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content.decode("utf-8"))[0]["title"] == "Żółć 🧀"
