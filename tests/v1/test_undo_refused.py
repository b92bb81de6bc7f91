"""What undo refuses, and how: nothing has happened then, and what stands in the way is named."""

from uuid import uuid4

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.server import Server
from tests.v1.using import add, applied, changes, everything, latest, undo, undone


async def test_the_same_members_moved_since_and_the_newest_such_change_is_named(client):
    task = await add(client, "a")
    created = await latest(client)
    path = f"/api/v1/tasks/{task['id']}"
    await client.patch(path, json={"title": "b"})
    change = await latest(client)
    await client.patch(path, json={"title": "c"})
    await client.patch(path, json={"title": "d"})
    newer = await latest(client)
    await client.patch(path, json={"description": "no obstacle for the title"})
    before, last = await everything(client), await latest(client)
    refused = await undo(client, change)
    assert (refused.status_code, refused.json()["type"], refused.json()["change"]) == (409, "changed-since", newer)
    assert str(newer["seq"]) in refused.json()["detail"]
    refused = await undo(client, created)
    assert (refused.status_code, refused.json()["change"]) == (409, last)
    assert await everything(client) == before
    assert await latest(client) == last


async def test_one_obstacle_and_nothing_of_a_batch_is_taken_back(client):
    tasks = [await add(client, title) for title in "abc"]
    seq = (await latest(client))["seq"]
    await applied(client, *({"op": "complete", "id": task["id"]} for task in tasks))
    written = await changes(client, after=seq)
    await client.delete(f"/api/v1/tasks/{tasks[1]['id']}/completion")
    before, obstacle = await everything(client), await latest(client)
    answer = await client.post("/api/v1/undo", json={"first": written[0]["seq"], "last": written[-1]["seq"]})
    assert (answer.status_code, answer.json()["change"]) == (409, obstacle)
    assert await everything(client) == before
    await undone(client, next(change for change in written if change["entity_id"] == tasks[0]["id"]))


async def test_a_range_is_of_one_request(client):
    await add(client, "a")
    await add(client, "b")
    seq = (await latest(client))["seq"]
    answer = await client.post("/api/v1/undo", json={"first": seq - 1, "last": seq})
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")


async def test_a_range_is_of_200_changes_at_most(client, server):
    sql = "INSERT INTO tasks (workspace_id, title) SELECT id, 'x' FROM workspaces, generate_series(1, 201)"
    await execute(server.environment["DATABASE_URL"], sql)
    seq = (await latest(client))["seq"]
    answer = await client.post("/api/v1/undo", json={"first": seq - 200, "last": seq})
    assert (answer.status_code, answer.json()["detail"]) == (422, "These are more than 200 changes")


@pytest.mark.parametrize("seq", ["0", "-1", "1.5", "x", "９", "9" * 18, "9" * 19, str(2**63)])
async def test_a_change_that_is_not_there(client, seq):
    answer = await client.post(f"/api/v1/changes/{seq}/undo")
    assert (answer.status_code, answer.json()["type"]) == (404, "change-not-found")


async def test_a_range_that_is_not_there(client):
    await add(client, "x")
    seq = (await latest(client))["seq"]
    for first, last in ((seq, seq + 1), (seq + 1, seq + 1), (seq, 2**53 - 1)):
        answer = await client.post("/api/v1/undo", json={"first": first, "last": last})
        assert (answer.status_code, answer.json()["type"]) == (404, "change-not-found")
    for body in (
        {"first": 0, "last": 1},
        {"first": 1},
        {"first": 1, "last": 2**53},
        {"first": "1", "last": 1},
        {"first": seq, "last": seq - 1},
    ):
        assert (await client.post("/api/v1/undo", json=body)).status_code == 422


async def test_what_was_deleted_for_good_does_not_come_back(client):
    task = await add(client, "x")
    created = await latest(client)
    await client.delete(f"/api/v1/tasks/{task['id']}")
    trashed = await latest(client)
    await client.delete(f"/api/v1/tasks/trash/{task['id']}")
    for change in (created, trashed, await latest(client)):
        answer = await undo(client, change)
        assert (answer.status_code, answer.json()["type"]) == (409, "erased")
    assert await everything(client) == {}


async def test_what_was_in_the_trash_for_too_long_does_not_come_back_either(client, server):
    task = await add(client, "x")
    created = await latest(client)
    url = server.environment["DATABASE_URL"]
    await execute(url, "UPDATE tasks SET deleted_at = now() - interval '31 days'")
    trashed = await latest(client)
    for change in (created, trashed):
        answer = await undo(client, change)
        assert (answer.status_code, answer.json()["type"]) == (409, "erased")
    assert (await client.post(f"/api/v1/tasks/{task['id']}/restore")).status_code == 404


async def test_what_was_deleted_for_good_goes_from_kept_answers_of_undo(client):
    marker = f"secret-{uuid4()}"
    tasks = await applied(client, *[{"op": "create", "title": marker}] * 2)
    last = await latest(client)
    reach, key = {"first": last["seq"] - 1, "last": last["seq"]}, {"idempotency-key": str(uuid4())}
    gone = await client.post("/api/v1/undo", json=reach, headers=key)
    assert marker in gone.text
    back = [change["seq"] for change in gone.json()["changes"]]
    refused = {"idempotency-key": str(uuid4())}
    assert marker in (await client.post("/api/v1/undo", json=reach, headers=refused)).text
    assert (await client.post("/api/v1/undo", json={"first": back[0], "last": back[1]})).status_code == 200
    for task in tasks:
        await client.delete(f"/api/v1/tasks/{task['id']}")
        await client.delete(f"/api/v1/tasks/trash/{task['id']}")
    for headers in (key, refused):
        answer = await client.post("/api/v1/undo", json=reach, headers=headers)
        assert answer.json()["type"] == "erased"
        assert marker not in answer.text


async def test_a_change_that_the_log_has_forgotten(database_url, tmp_path):
    with Server(tmp_path, DATABASE_URL=database_url) as own:
        async with httpx.AsyncClient(base_url=own.url, verify=NO_TLS) as client:
            await add(client, "x")
            url = own.environment["DATABASE_URL"]
            await execute(url, "SELECT forget_changes(id, clock_timestamp()) FROM workspaces")
            answer = await undo(client, 1)
    assert (answer.status_code, answer.json()["type"]) == (410, "forgotten")
