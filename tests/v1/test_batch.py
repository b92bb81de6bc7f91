"""`POST /api/v1/batch`: everything happens in its order, or nothing."""

from uuid import uuid4

from tests.conftest import execute
from tests.v1.using import add, applied, arranged, batch, changes, latest, new_id, one


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


async def test_where_there_is_no_room_left_some_is_made(client, server):
    a, b, c = [await add(client, title) for title in "abc"]
    there = f"(SELECT position FROM tasks WHERE id = '{a['id']}')"
    crowd = f"UPDATE tasks SET position = {there} || repeat('0', 170) || '1g1' WHERE id = '{b['id']}'"
    name, key = new_id(), {"idempotency-key": str(uuid4())}
    operations = [
        {"op": "create", "id": name, "title": "new"},
        {"op": "move", "id": name, "after": a["id"]},
        {"op": "move", "id": c["id"], "after": name},
    ]
    await execute(server.environment["DATABASE_URL"], crowd)
    first, second = await batch(client, *operations, **key), await batch(client, *operations, **key)
    assert (first.status_code, second.content) == (200, first.content)
    assert await arranged(client) == ["a", "new", "c", "b"]
    await execute(server.environment["DATABASE_URL"], crowd)
    path, key = f"/api/v1/tasks/{c['id']}/position", {"idempotency-key": str(uuid4())}
    first = await client.put(path, json={"after": a["id"]}, headers=key)
    second = await client.put(path, json={"after": a["id"]}, headers=key)
    assert (first.status_code, second.content) == (200, first.content)
    assert (await arranged(client))[:2] == ["a", "c"]


async def test_room_is_made_only_where_there_was_none(client, server):
    """However many tasks a batch moves, and wherever to."""
    url, tight = server.environment["DATABASE_URL"], "8" + "0" * 11 + "1" * 165
    rows = f"""(VALUES ('far away', '000000000001'), ('a', '{tight}g1'), ('b', '{tight}g2')) AS new (title, position)"""
    insert = "INSERT INTO tasks (workspace_id, title, position) SELECT id, title, position FROM workspaces,"
    some = (
        "(SELECT 'x' AS title, lpad(to_hex(100 + n), 12, '0') AS position FROM generate_series(1, 100) AS n) AS others"
    )
    for new in (rows, some):
        await execute(url, f"{insert} {new}")
    there = {task["title"]: task["id"] for task in (await client.get("/tasks")).json()}
    moved = [await add(client, title) for title in ("c", "d")]
    await applied(
        client,
        {"op": "move", "id": moved[1]["id"], "after": there["far away"]},
        {"op": "move", "id": moved[0]["id"], "after": there["a"]},
    )
    order = await arranged(client)
    assert order[:3] == ["far away", "d", "x"]
    assert order[-3:] == ["a", "c", "b"]
    far, close = [(await one(client, {"id": there[title]}))["position"] for title in ("far away", "b")]
    assert far == "000000000001"
    assert len(close) < 60
