"""What undo refuses, and how: nothing has happened then, and what stands in the way is named."""

from uuid import uuid4

import httpx

from tests.conftest import NO_TLS, execute
from tests.server import Server
from tests.v1.using import Change, add, applied, changes, everything, latest, undo, undone


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


async def test_a_range_is_of_a_thousand_changes_at_most(client, server):
    """As many as a request makes that has tasks moved apart; one that makes more is taken back in parts."""
    sql = (
        "INSERT INTO tasks (workspace_id, title) SELECT id, 'x' FROM workspaces, generate_series(1, 1001)"
        " WHERE (SELECT set_config('donebook.caller', 'anybody one-request - - -', true)) IS NOT NULL"
    )
    await execute(server.environment["DATABASE_URL"], sql)
    seq = (await latest(client))["seq"]
    answer = await client.post("/api/v1/undo", json={"first": seq - 1000, "last": seq})
    said = "These are more than 1,000 changes; take them back in parts, the last ones first"
    assert (answer.status_code, answer.json()["detail"]) == (422, said)
    for part in ({"first": seq - 999, "last": seq}, {"first": seq - 1000, "last": seq - 1000}):
        answer = await client.post("/api/v1/undo", json=part)
        assert (answer.status_code, len(answer.json()["changes"])) == (200, 1 + part["last"] - part["first"])
    assert await everything(client) == {}


async def test_an_obstacle_behind_thousands_of_other_changes_is_found(client, server):
    task = await add(client, "a")
    path, url = f"/api/v1/tasks/{task['id']}", server.environment["DATABASE_URL"]
    loop = "DO $$ BEGIN FOR n IN 1..1100 LOOP UPDATE tasks SET description = n; END LOOP; END $$"
    await client.patch(path, json={"title": "b"})
    first = await latest(client)
    await client.patch(path, json={"title": "c"})
    second = await latest(client)
    await execute(url, loop)
    answer = await undo(client, first)
    assert (answer.status_code, answer.json()["change"]) == (409, second)
    assert (await undone(client, second))["diff"] == {"title": ["c", "b"]}
    assert (await undone(client, first))["diff"] == {"title": ["b", "a"]}


async def test_newer_changes_of_other_members_are_no_obstacle_however_many_they_are(client, server):
    """Nor are those of the same members that were taken back themselves: of these there are some portions."""
    url = server.environment["DATABASE_URL"]
    await execute(
        url, "INSERT INTO tasks (workspace_id, title) SELECT id, 'a' FROM workspaces, generate_series(1, 1000)"
    )
    await execute(
        url,
        "UPDATE tasks SET title = 'b' WHERE"
        " (SELECT set_config('donebook.caller', 'anybody one-request - - -', true)) IS NOT NULL",
    )
    changed = (await changes(client))[-1000:]
    older = "UPDATE tasks SET created_at = created_at - interval '1 s'"
    await execute(url, f"DO $$ BEGIN FOR n IN 1..21 LOOP {older}; END LOOP; END $$")
    back = await taken_back(client, changed, ["b", "a"])
    await taken_back(client, back, ["a", "b"])
    again = await taken_back(client, changed, ["b", "a"])
    refused = await client.post("/api/v1/undo", json=reach(changed))
    assert (refused.status_code, refused.json()["change"]) == (409, again[-1])


async def taken_back(client: httpx.AsyncClient, several: list[Change], title: list[str]) -> list[Change]:
    """The changes that take several back; all move titles alike."""
    answer = await client.post("/api/v1/undo", json=reach(several))
    assert answer.status_code == 200, answer.json()["detail"]
    back: list[Change] = answer.json()["changes"]
    assert [change["diff"] for change in back] == [{"title": title}] * len(several)
    return back


def reach(several: list[Change]) -> dict[str, int]:
    """From where to where they go."""
    return {"first": several[0]["seq"], "last": several[-1]["seq"]}


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
