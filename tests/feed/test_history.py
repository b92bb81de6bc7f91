"""`GET /api/v1/tasks/{id}/history`: a task's life, the oldest first."""

import json
from typing import Any

import httpx
import pytest

from tests.feed.conftest import add
from tests.feed.copy import Json, read


async def history(http: httpx.AsyncClient, task: Json, **parameters: Any) -> Json:
    answer = await http.get(f"/api/v1/tasks/{task['id']}/history", params=parameters)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    assert set(told) == {"changes", "next"}
    return told


async def test_it_is_what_the_log_says_of_the_task(http, cursor):
    task, other = await add(http), await add(http)
    path = f"/api/v1/tasks/{task['id']}"
    await http.put(f"{path}/completion", headers={"x-request-id": "who-completes"})
    await http.put(f"/api/v1/tasks/{other['id']}/completion")
    await http.patch(path, json={"title": "Oat milk"})
    await http.delete(path)
    changes = [change for change in (await read(http, cursor))[0] if change["entity_id"] == task["id"]]
    told = await history(http, task)
    assert told == {"changes": changes, "next": None}
    assert [change["op"] for change in changes] == ["create", "update", "update", "update"]
    assert changes[1]["request_id"] == "who-completes"
    assert changes[2]["diff"] == {"title": ["Buy milk", "Oat milk"]}
    assert list(changes[3]["diff"]) == ["deleted_at"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_join(http, limit):
    task = await add(http)
    for number in range(6):
        await http.patch(f"/api/v1/tasks/{task['id']}", json={"title": str(number)})
    whole = (await history(http, task))["changes"]
    found: list[Json] = []
    parameters: dict[str, Any] = {"limit": limit}
    while True:
        page = await history(http, task, **parameters)
        assert 1 <= len(page["changes"]) <= limit
        found += page["changes"]
        if page["next"] is None:
            break
        parameters["cursor"] = page["next"]
    assert found == whole
    assert len(whole) == 7


async def test_a_page_is_no_longer_than_a_page_of_the_log(http, sql):
    """However much was written: pages end after four million characters, and every one has something."""
    task = await add(http)
    text = "repeat(md5(n::text), 1560)"
    await sql(
        "DO $$ BEGIN FOR n IN 1..50 LOOP"
        f" UPDATE tasks SET description = {text} WHERE id = '{task['id']}'; END LOOP; END $$"
    )
    page = await history(http, task, limit=1000)
    whole, sizes = page["changes"], [len(json.dumps(page))]
    while page["next"] is not None:
        page = await history(http, task, limit=1000, cursor=page["next"])
        assert page["changes"]
        whole += page["changes"]
        sizes.append(len(json.dumps(page)))
    assert len(whole) == 51
    assert len(sizes) == 2
    assert max(sizes) < 4_300_000
    assert whole[-1]["diff"]["description"][0] == whole[-2]["diff"]["description"][1]


async def test_what_was_deleted_for_good_has_a_life_without_content(http):
    task = await add(http)
    await http.delete(f"/api/v1/tasks/{task['id']}")
    await http.delete(f"/api/v1/tasks/trash/{task['id']}")
    changes = (await history(http, task))["changes"]
    assert [(change["op"], change["diff"]) for change in changes] == [("create", {}), ("update", {}), ("delete", {})]


@pytest.mark.parametrize(
    "task_id", ["2deaf4b3-4ac9-40f6-9d63-24052184ddff", "x", "1", "00000000-0000-0000-0000-000000000000"]
)
async def test_of_what_was_never_there_nothing_is_known(http, task_id):
    answer = await http.get(f"/api/v1/tasks/{task_id}/history")
    assert (answer.status_code, answer.json()["type"]) == (404, "task-not-found")


async def test_another_workspace_knows_nothing_of_it(http, sql):
    [row] = await sql(
        "WITH other AS (INSERT INTO workspaces DEFAULT VALUES RETURNING id)"
        " INSERT INTO tasks (workspace_id, title) SELECT id, 'Theirs' FROM other RETURNING id"
    )
    assert (await http.get(f"/api/v1/tasks/{row['id']}/history")).status_code == 404
    assert str(row["id"]) not in (await http.get("/api/v1/snapshot")).text
    changes, _ = await read(http, "0")
    assert str(row["id"]) not in [change["entity_id"] for change in changes]
    await sql("DELETE FROM workspaces WHERE id IN (SELECT workspace_id FROM tasks WHERE title = 'Theirs')")


@pytest.mark.parametrize("kind", ["another's", "the log's", "garbage"])
async def test_another_cursor_is_refused(http, kind, cursor):
    tasks = [await add(http) for _ in range(2)]
    for task in tasks:
        await http.put(f"/api/v1/tasks/{task['id']}/completion")
    theirs = (await history(http, tasks[1], limit=1))["next"]
    given = {"another's": theirs, "the log's": cursor, "garbage": "x"}[kind]
    answer = await http.get(f"/api/v1/tasks/{tasks[0]['id']}/history", params={"cursor": given})
    assert (answer.status_code, answer.json()["type"]) == (400, "bad-cursor")
