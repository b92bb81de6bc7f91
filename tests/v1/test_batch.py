"""`POST /api/v1/batch`: everything happens in its order, or nothing."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.expect import UNKNOWN
from tests.v1.using import add, applied, arranged, batch, changes, everything, latest, new_id, one


async def test_operations_see_what_those_before_them_did(client):
    first, second = await add(client, "first"), await add(client, "second")
    name = new_id()
    tasks = await applied(
        client,
        {"op": "create", "id": name, "title": "third", "description": "d"},
        {"op": "complete", "id": name},
        {"op": "move", "id": name, "before": first["id"]},
        {"op": "update", "id": second["id"], "title": "2", "description": "e", "completed": True},
        {"op": "update", "id": second["id"], "description": None},
        {"op": "reopen", "id": second["id"]},
        {"op": "trash", "id": first["id"]},
        {"op": "restore", "id": first["id"]},
        {"op": "create", "title": "last"},
    )
    assert [task["title"] for task in tasks] == ["third"] * 3 + ["2"] * 3 + ["first"] * 2 + ["last"]
    assert await arranged(client) == ["third", "first", "2", "last"]
    assert tasks[0]["completed"] is True
    assert (tasks[3]["description"], tasks[3]["completed"], tasks[3]["version"]) == (None, False, 2)
    assert tasks[6] == first  # nothing moved in it, in the end
    for task in tasks:
        assert await one(client, task) == task


async def test_the_tasks_that_a_batch_creates_come_last_in_its_order(client):
    await add(client, "before")
    names = [f"task {number}" for number in range(40)]
    tasks = await applied(client, *({"op": "create", "title": name, "id": new_id()} for name in names))
    assert [task["title"] for task in tasks] == names
    assert await arranged(client) == ["before", *names]
    assert [task["title"] for task in (await client.get("/tasks")).json()] == ["before", *names]


async def test_moves_follow_each_other(client):
    tasks = {name: await add(client, name) for name in "abcdef"}
    moves = [("f", "before", "a"), ("e", "after", "f"), ("a", "after", "c"), ("f", "after", "d"), ("b", "before", "b")]
    await applied(client, *({"op": "move", "id": tasks[m]["id"], how: tasks[a]["id"]} for m, how, a in moves))
    assert await arranged(client) == ["e", "b", "c", "a", "d", "f"]


@pytest.mark.parametrize(
    ("operation", "status", "kind"),
    [
        ({"op": "update", "id": UNKNOWN, "title": "x"}, 404, "task-not-found"),
        ({"op": "complete", "id": "no uuid"}, 404, "task-not-found"),
        ({"op": "trash", "id": "{trashed}"}, 404, "task-not-found"),
        ({"op": "move", "id": "{live}", "after": UNKNOWN}, 404, "task-not-found"),
        ({"op": "move", "id": "{live}", "after": "{trashed}"}, 404, "task-not-found"),
        ({"op": "move", "id": "{trashed}", "after": "{live}"}, 404, "task-not-found"),
        ({"op": "restore", "id": UNKNOWN}, 404, "task-not-found"),
        ({"op": "reopen", "id": "{live}", "version": 7}, 412, "stale"),
        ({"op": "restore", "id": "{trashed}", "version": 1}, 412, "stale"),
        ({"op": "create", "id": "{live}", "title": "another"}, 409, "id-taken"),
        ({"op": "update", "id": "{live}", "title": ""}, 422, "invalid"),
        ({"op": "update", "id": "{live}", "position": "1"}, 422, "invalid"),
        ({"op": "update", "id": "{live}", "title": None}, 422, "invalid"),
        ({"op": "update", "id": "{live}", "version": None}, 422, "invalid"),
        ({"op": "create", "title": "x", "id": str(uuid4())}, 422, "invalid"),
        ({"op": "create", "title": "x", "version": 1}, 422, "invalid"),
        ({"op": "move", "id": "{live}"}, 422, "invalid"),
        ({"op": "move", "id": "{live}", "after": UNKNOWN, "before": UNKNOWN}, 422, "invalid"),
        ({"op": "erase", "id": "{trashed}"}, 422, "invalid"),
        ({"id": "{live}"}, 422, "invalid"),
    ],
)
async def test_one_that_fails_names_its_index_and_nothing_happened(client, operation, status, kind):
    ids = {name: (await add(client, name, id=new_id()))["id"] for name in ("live", "trashed")}
    await client.delete(f"/api/v1/tasks/{ids['trashed']}")
    before, last = await everything(client), await latest(client)
    operation = {name: v.format(**ids) if isinstance(v, str) else v for name, v in operation.items()}
    answer = await batch(client, {"op": "create", "title": "x"}, {"op": "complete", "id": ids["live"]}, operation)
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem["index"]) == (status, kind, 2), problem
    assert problem["detail"].startswith("operations[2]")
    if status == 412:
        assert answer.headers["etag"] == f'"{problem["current"]["version"]}"'
        assert problem["current"]["id"] == operation["id"]
    assert await everything(client) == before
    assert await latest(client) == last


async def test_a_batch_has_1_to_100_operations(client):
    for count, status in ((0, 422), (1, 200), (100, 200), (101, 422)):
        answer = await batch(client, *[{"op": "create", "title": "x"}] * count)
        assert answer.status_code == status
    assert (await client.post("/api/v1/batch", json={"operations": [], "extra": 1})).status_code == 422
    assert (await client.post("/api/v1/batch", json=[])).status_code == 422


async def test_a_version_is_that_before_the_batch(client):
    task = await add(client, "x")
    operations = [{"op": "update", "id": task["id"], "title": title, "version": 1} for title in "ab"]
    tasks = await applied(client, *operations)
    assert [(task["title"], task["version"]) for task in tasks] == [("b", 2), ("b", 2)]
    stale = await batch(client, *operations)
    assert (stale.status_code, stale.json()["index"], stale.json()["current"]) == (412, 0, tasks[0])


async def test_a_task_of_the_same_batch_has_version_1(client):
    name = new_id()
    create = {"op": "create", "id": name, "title": "x"}
    assert (await batch(client, create, {"op": "complete", "id": name, "version": 2})).status_code == 422
    assert (await batch(client, create, {"op": "complete", "id": name, "version": 1})).status_code == 200


async def test_sent_again_a_batch_with_ids_of_its_own_adds_nothing(client):
    name = new_id()
    operations: list[dict[str, Any]] = [
        {"op": "create", "id": name, "title": "x", "description": "d"},
        {"op": "update", "id": name, "title": "y", "completed": True},
        {"op": "move", "id": name, "before": name},
    ]
    first = await applied(client, *operations)
    last = await latest(client)
    assert await applied(client, *operations) == first
    again = await client.post("/api/v1/tasks", json={"id": name, "title": "x", "description": "d"})
    assert (again.status_code, again.json()) == (200, first[0])
    assert await latest(client) == last
    assert (await batch(client, operations[0] | {"title": "z"})).json()["type"] == "id-taken"
    assert (await batch(client, operations[0], operations[0] | {"completed": True})).json()["index"] == 1


async def test_an_id_that_was_used_and_deleted_is_taken(client):
    task = await add(client, "x", id=new_id())
    await client.delete(f"/api/v1/tasks/{task['id']}")
    create = {"op": "create", "id": task["id"], "title": "x"}
    assert (await applied(client, create))[0]["deleted_at"] is not None
    await client.delete(f"/api/v1/tasks/trash/{task['id']}")
    assert (await batch(client, create)).json()["type"] == "id-taken"


async def test_what_changes_nothing_leaves_no_trace(client):
    task = await add(client, "x", completed=True)
    last = await latest(client)
    name = {"id": task["id"]}
    tasks = await applied(
        client,
        {"op": "update", **name, "title": "x"},
        {"op": "complete", **name},
        {"op": "restore", **name},
        {"op": "move", **name, "after": task["id"]},
        {"op": "update", **name, "title": "y"},
        {"op": "update", **name, "title": "x"},
    )
    assert tasks == [task] * 6
    assert await latest(client) == last


async def test_reopened_and_completed_again_is_completed_anew(client):
    task = await add(client, "x", completed=True)
    [_, again] = await applied(client, {"op": "reopen", "id": task["id"]}, {"op": "complete", "id": task["id"]})
    assert again["completed_at"] > task["completed_at"]


async def test_one_request_and_an_entry_for_each_task_and_kind_of_change(client):
    a, b = await add(client, "a"), await add(client, "b")
    seq = (await latest(client))["seq"]
    answer = await batch(
        client,
        {"op": "update", "id": a["id"], "title": "A"},
        {"op": "complete", "id": a["id"]},
        {"op": "trash", "id": b["id"]},
        {"op": "create", "title": "c"},
    )
    found = await changes(client, after=seq)
    assert sorted(change["op"] for change in found) == ["create", "update", "update"]
    assert {change["request_id"] for change in found} == {answer.headers["x-request-id"]}


async def test_with_a_key_it_happens_once(client):
    operations = [{"op": "create", "title": "x"}, {"op": "create", "title": "y"}]
    key = {"idempotency-key": str(uuid4())}
    first, second = await batch(client, *operations, **key), await batch(client, *operations, **key)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    assert await arranged(client) == ["x", "y"]
    assert (await batch(client, operations[0], **key)).status_code == 422


async def test_a_refusal_is_kept_with_its_key(client):
    task = await add(client, "x")
    operations = [{"op": "create", "title": "y"}, {"op": "complete", "id": task["id"], "version": 2}]
    headers = {"idempotency-key": str(uuid4()), "x-request-id": "the-same"}
    first = await batch(client, *operations, **headers)
    assert first.status_code == 412
    await client.put(f"/api/v1/tasks/{task['id']}/completion")  # now it would succeed
    second = await batch(client, *operations, **headers)
    assert (second.status_code, second.content, second.headers["etag"]) == (412, first.content, '"1"')
    assert second.headers["idempotency-replayed"] == "true"


async def test_what_was_deleted_for_good_goes_from_kept_answers(client):
    marker = f"secret-{uuid4()}"
    a, b = await add(client, "a"), await add(client, marker)
    key = {"idempotency-key": str(uuid4())}
    operations = [{"op": "complete", "id": a["id"]}, {"op": "trash", "id": b["id"]}]
    assert marker in (await batch(client, *operations, **key)).text
    await client.delete(f"/api/v1/tasks/trash/{b['id']}")
    again = await batch(client, *operations, **key)
    assert (again.status_code, again.json()["type"]) == (409, "erased")
    assert marker not in again.text
