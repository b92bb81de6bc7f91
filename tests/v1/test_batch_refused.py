"""A batch that cannot be done, and one that is sent again."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import execute
from tests.contract.expect import UNKNOWN
from tests.v1.using import add, applied, arranged, batch, everything, latest, new_id, one


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


async def test_what_was_in_the_trash_for_too_long_is_not_restored(client, server):
    task = await add(client, "x")
    restore = {"op": "restore", "id": task["id"]}
    for days, status in ((29, 200), (31, 404)):
        sql = f"UPDATE tasks SET deleted_at = now() - interval '{days} days'"
        await execute(server.environment["DATABASE_URL"], sql)
        assert (await batch(client, restore)).status_code == status


async def test_trashed_and_restored_at_once_it_was_never_away(client):
    task = await add(client, "x")
    last = await latest(client)
    await applied(client, {"op": "trash", "id": task["id"]}, {"op": "restore", "id": task["id"]})
    assert await latest(client) == last
    assert await one(client, task) == task
