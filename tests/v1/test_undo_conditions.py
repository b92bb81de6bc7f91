"""`If-Match`, where changes are taken back: heeded when it is about one task, refused when it could be about more."""

from uuid import uuid4

import pytest

from tests.conftest import execute
from tests.contract.expect import refused
from tests.v1.using import add, changes, latest, one, undo


async def test_a_change_is_taken_back_only_from_the_version_that_was_seen(client):
    task = await add(client, "a")
    path = f"/api/v1/tasks/{task['id']}"
    await client.patch(path, json={"title": "b"})
    change = await latest(client)
    current = (await client.patch(path, json={"description": "elsewhere"})).json()
    for seen in ('"2"', '"4"', '"999"', 'W/"3"', '"x"'):
        answer = await undo(client, change, **{"if-match": seen})
        problem = refused(answer, 412)
        assert (problem["type"], problem["current"], answer.headers["etag"]) == ("stale", current, '"3"')
    assert refused(await undo(client, change, **{"if-match": "3"}), 400)["type"] == "bad-precondition"
    assert await one(client, task) == current
    assert (await undo(client, change, **{"if-match": '"9", "3"'})).status_code == 200
    assert (await one(client, task))["title"] == "a"
    assert (await undo(client, await latest(client), **{"if-match": "*"})).status_code == 200


async def test_that_there_is_nothing_to_take_back_is_no_reason_not_to_look(client):
    task = await add(client, "x")
    await client.put(f"/tasks/{task['id']}", json={})
    change = await latest(client)
    assert refused(await undo(client, change, **{"if-match": '"1"'}), 412)["current"]["version"] == 2
    answer = await undo(client, change, **{"if-match": '"2"'})
    assert (answer.status_code, answer.json()) == (200, {"changes": []})


async def test_what_is_not_there_has_no_version(client, server):
    await add(client, "x")
    await execute(server.environment["DATABASE_URL"], "DELETE FROM tasks")
    change = await latest(client)
    answer = await undo(client, change, **{"if-match": '"1"'})
    assert refused(answer, 412)["type"] == "stale"
    assert "current" not in answer.json()
    assert await latest(client) == change
    assert (await undo(client, change)).status_code == 200


async def test_with_a_key_the_refusal_is_the_same_again(client, server):
    task = await add(client, "x")
    change = await latest(client)
    stale = {"if-match": '"7"', "idempotency-key": str(uuid4())}
    first = await undo(client, change, **stale)
    await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "y"})
    again = await undo(client, change, **stale)
    assert (again.status_code, again.json()["current"], again.headers["etag"]) == (412, first.json()["current"], '"1"')
    assert refused(await undo(client, change, **stale | {"if-match": '"1"'}), 422)["type"] == "key-reused"
    await execute(server.environment["DATABASE_URL"], "DELETE FROM tasks")
    gone = {"if-match": '"7"', "idempotency-key": str(uuid4())}
    assert [(await undo(client, change, **gone)).status_code for _ in range(2)] == [412, 412]


@pytest.mark.parametrize("condition", ['"1"', '"999"', "*", "nonsense"])
async def test_what_can_change_several_tasks_refuses_it(client, condition):
    task = await add(client, "x")
    seq = (await latest(client))["seq"]
    update = {"op": "update", "id": task["id"], "title": "y"}
    for path, body in {"undo": {"first": seq, "last": seq}, "batch": {"operations": [update]}}.items():
        answer = await client.post(f"/api/v1/{path}", json=body, headers={"if-match": condition})
        assert refused(answer, 400)["type"] == "bad-precondition", path
    assert await changes(client, after=seq) == []
