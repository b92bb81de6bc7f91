"""Undo: any change is taken back, and that is a change as well; what moved since is not run over."""

from uuid import uuid4

import pytest

from tests.conftest import execute
from tests.v1.using import add, applied, arranged, batch, changes, everything, latest, new_id, one, undo, undone


async def test_members_go_back_to_what_they_were_and_forth_again(client):
    task = await add(client, "before", description="d")
    path = f"/api/v1/tasks/{task['id']}"
    changed = (await client.patch(path, json={"title": "after", "description": None, "completed": True})).json()
    change = await latest(client)
    back = await undone(client, change)
    assert back["diff"] == {name: [after, before] for name, (before, after) in change["diff"].items()}
    assert await one(client, task) == task | {"version": 3, "updated_at": back["at"]}
    forth = await undone(client, back)
    assert forth["diff"] == change["diff"]
    assert await one(client, task) == changed | {"version": 4, "updated_at": forth["at"]}
    assert await latest(client) == forth


async def test_it_says_who_undid_and_in_which_request(client):
    await add(client, "x")
    answer = await undo(client, await latest(client), **{"x-request-id": "mine"})
    [change] = answer.json()["changes"]
    assert (change["actor"], change["request_id"]) == ("anybody", "mine")


async def test_what_was_created_goes_and_comes_again_with_everything(client):
    task = await add(client, "x", description="d", completed=True)
    gone = await undone(client, await latest(client))
    assert gone["op"] == "delete"
    assert await everything(client) == {}
    again = await undone(client, gone)
    assert again["op"] == "create"
    assert await one(client, task) == task | {"version": 3, "updated_at": again["at"]}


async def test_a_created_id_that_was_undone_and_redone_is_still_the_same_create(client):
    body = {"id": new_id(), "title": "x"}
    task = await add(client, "x", id=body["id"])
    await undone(client, await undone(client, await latest(client)))
    assert (await client.post("/api/v1/tasks", json=body)).status_code == 200
    await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "y"})
    assert (await batch(client, {"op": "create", **body})).status_code == 200
    assert (await client.post("/api/v1/tasks", json=body)).status_code == 200


async def test_a_row_that_somebody_deleted_comes_back_in_its_places(client, server):
    tasks = [await add(client, title) for title in "abc"]
    await client.put(f"/api/v1/tasks/{tasks[2]['id']}/position", json={"before": tasks[0]["id"]})
    before, listed = await everything(client), (await client.get("/tasks")).json()
    await execute(server.environment["DATABASE_URL"], "DELETE FROM tasks WHERE title IN ('a', 'c')")
    deleted = (await changes(client))[-2:]
    for change in deleted:
        assert (await undone(client, change))["op"] == "create"
    assert await everything(client) == before
    assert [task["id"] for task in (await client.get("/tasks")).json()] == [task["id"] for task in listed]
    assert sorted(task["version"] for task in [await one(client, task) for task in tasks]) == [1, 3, 4]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/completion", None),
        ("PUT", "/position", {"after": "{other}"}),
        ("DELETE", "", None),
        ("PATCH", "", {"title": "y"}),
    ],
)
async def test_every_kind_of_change_is_taken_back(client, method, path, body):
    task, other = await add(client, "x"), await add(client, "other")
    before = await everything(client)
    body = body and {name: value.format(other=other["id"]) for name, value in body.items()}
    answer = await client.request(method, f"/api/v1/tasks/{task['id']}{path}", json=body)
    assert answer.status_code in (200, 204)
    after = await everything(client)
    assert after != before
    back = await undone(client, await latest(client))
    assert await everything(client) == before
    await undone(client, back)
    assert await everything(client) == after


async def test_a_change_of_the_baseline_is_taken_back(client):
    task = (await client.post("/tasks", json={"title": "x", "description": "d"})).json()
    before = await everything(client)
    await client.put(f"/tasks/{task['id']}", json={"title": "y", "completed": True})
    await undone(client, await latest(client))
    await client.delete(f"/tasks/{task['id']}")
    await undone(client, await latest(client))
    assert await everything(client) == before


async def test_members_that_did_not_move_are_no_obstacle(client):
    task = await add(client, "a", description="d")
    path = f"/api/v1/tasks/{task['id']}"
    await client.patch(path, json={"title": "b"})
    change = await latest(client)
    await client.patch(path, json={"description": "e", "completed": True})
    await client.delete(path)
    assert (await undone(client, change))["diff"] == {"title": ["b", "a"]}
    [found] = (await everything(client)).values()
    assert (found["title"], found["description"], found["completed"]) == ("a", "e", True)
    assert found["deleted_at"] is not None


async def test_back_through_everything_one_by_one(client):
    """What was undone is no obstacle for what came before it."""
    task = await add(client, "a")
    for title in "bcd":
        await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": title})
    for change, title in zip(reversed((await changes(client))[-3:]), "cba", strict=True):
        await undone(client, change)
        assert await arranged(client) == [title]
    back = (await changes(client))[-3:]
    assert (await undo(client, back[0])).status_code == 409  # those after it stand
    for change, title in zip(reversed(back), "bcd", strict=True):  # and forth
        await undone(client, change)
        assert await arranged(client) == [title]


async def test_twice_is_refused_and_names_the_undoing(client):
    await add(client, "x")
    change = await latest(client)
    back = await undone(client, change)
    again = await undo(client, change)
    assert (again.status_code, again.json()["change"]) == (409, back)
    await undone(client, back)
    await undone(client, change)  # it stands again, and so it can be undone again
    assert await everything(client) == {}


async def test_a_change_of_nothing_is_taken_back_by_nothing(client):
    task = await add(client, "x")
    await client.put(f"/tasks/{task['id']}", json={})
    change = await latest(client)
    assert change["diff"] == {}
    answer = await undo(client, change)
    assert (answer.status_code, answer.json()) == (200, {"changes": []})
    assert await latest(client) == change
    await undone(client, change["seq"] - 1)  # nor does it stand in the way


async def test_a_batch_is_taken_back_at_once(client):
    a, b = await add(client, "a"), await add(client, "b")
    before, seq = await everything(client), (await latest(client))["seq"]
    name = new_id()
    await applied(
        client,
        {"op": "create", "id": name, "title": "c"},
        {"op": "move", "id": name, "before": a["id"]},
        {"op": "complete", "id": name},
        {"op": "move", "id": a["id"], "after": b["id"]},
        {"op": "update", "id": a["id"], "title": "A"},
        {"op": "trash", "id": b["id"]},
    )
    after, written = await everything(client), await changes(client, after=seq)
    reach = {"first": written[0]["seq"], "last": written[-1]["seq"]}
    answer = await client.post("/api/v1/undo", json=reach)
    assert answer.status_code == 200, answer.text
    back = answer.json()["changes"]
    assert len(back) == 3  # one for each task
    assert back == await changes(client, after=reach["last"])
    assert await everything(client) == before
    again = await client.post("/api/v1/undo", json=reach)
    assert (again.status_code, again.json()["type"]) == (409, "changed-since")
    answer = await client.post("/api/v1/undo", json={"first": back[0]["seq"], "last": back[-1]["seq"]})
    assert answer.status_code == 200
    assert await everything(client) == after


async def test_what_goes_back_to_the_trash_has_its_time_there(client, server):
    """A restore that is undone after a long time: the trash is not to be emptied of it at once."""
    task = await add(client, "x")
    url = server.environment["DATABASE_URL"]
    await execute(url, "UPDATE tasks SET deleted_at = now() - interval '31 days'")
    await execute(url, "UPDATE tasks SET deleted_at = NULL")
    await undone(client, await latest(client))
    assert (await client.post(f"/api/v1/tasks/{task['id']}/restore")).status_code == 200


async def test_with_a_key_it_is_taken_back_once(client):
    task = await add(client, "a")
    await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "b"})
    change, key = await latest(client), {"idempotency-key": str(uuid4())}
    first, second = await undo(client, change, **key), await undo(client, change, **key)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    key = {"idempotency-key": str(uuid4()), "x-request-id": "the-same"}
    first = await undo(client, change, **key)
    assert first.status_code == 409
    await undone(client, await latest(client))
    second = await undo(client, change, **key)
    assert (second.status_code, second.json()) == (409, first.json())
