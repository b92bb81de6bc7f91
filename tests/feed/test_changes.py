"""`GET /api/v1/changes`: every change once, in order, in the contract's names."""

import base64

import httpx
import pytest

from tests.feed.conftest import add
from tests.feed.copy import Copy, Json, read, snapshot

CREATED = ["id", "title", "description", "completed", "completed_at", "position", "created_at", "deleted_at"]
FEED = "/api/v1/changes"


async def last(http: httpx.AsyncClient, cursor: str) -> Json:
    changes, _ = await read(http, cursor)
    return changes[-1]


async def test_a_new_task_names_every_member_but_what_all_changes_move(http, cursor):
    answer = await http.post("/api/v1/tasks", json={"title": "Milk"}, headers={"x-request-id": "who-asks"})
    task, [change] = answer.json(), (await read(http, cursor))[0]
    assert list(change["diff"]) == CREATED
    assert change["diff"] == {member: [None, task[member]] for member in CREATED}
    assert change["at"] == task["updated_at"]
    expected = {"entity": "task", "entity_id": task["id"], "op": "create", "actor": "anybody", "request_id": "who-asks"}
    assert {name: change[name] for name in expected} == expected


async def test_completing_and_reopening_show_both_members(http, cursor):
    task = await add(http)
    done = (await http.put(f"/api/v1/tasks/{task['id']}/completion")).json()
    change = await last(http, cursor)
    assert change["diff"] == {"completed": [False, True], "completed_at": [None, done["completed_at"]]}
    await http.delete(f"/api/v1/tasks/{task['id']}/completion")
    change = await last(http, cursor)
    assert change["diff"] == {"completed": [True, False], "completed_at": [done["completed_at"], None]}


async def test_another_time_of_completion_leaves_it_completed(http, cursor, sql):
    task = await add(http, completed=True)
    await sql(f"UPDATE tasks SET completed_at = '2020-01-02 03:04:05+00' WHERE id = '{task['id']}'")
    change = await last(http, cursor)
    assert change["diff"] == {"completed_at": [task["completed_at"], "2020-01-02T03:04:05.000000Z"]}
    assert (change["actor"], change["request_id"]) == ("database", None)


async def test_what_was_deleted_by_sql_says_what_it_was(http, cursor, sql):
    task = await add(http, completed=True, description="Two bottles")
    await sql(f"DELETE FROM tasks WHERE id = '{task['id']}'")
    change = await last(http, cursor)
    assert change["op"] == "delete"
    assert change["diff"] == {member: [task[member], None] for member in CREATED}


async def test_a_baseline_write_that_moves_nothing_is_an_empty_change(http, cursor):
    task = await add(http)
    written = (await http.put(f"/tasks/{task['id']}", json={})).json()
    change = await last(http, cursor)
    assert (change["op"], change["diff"], change["at"]) == ("update", {}, written["updated_at"])


async def test_what_was_deleted_for_good_leaves_nothing_but_numbers(http, cursor):
    task = await add(http, "Secret")
    await http.delete(f"/api/v1/tasks/{task['id']}")
    assert (await http.delete(f"/api/v1/tasks/trash/{task['id']}")).status_code == 204
    changes, _ = await read(http, cursor)
    assert [(change["op"], change["diff"]) for change in changes] == [("create", {}), ("update", {}), ("delete", {})]


async def test_columns_that_nobody_sees_never_show(http, sql):
    await sql("UPDATE tasks SET title = title || '!'")
    changes, _ = await read(http, "0")
    assert {member for change in changes for member in change["diff"]} <= set(CREATED)


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_pages_join_without_a_gap_or_a_repeat(http, cursor, limit):
    tasks = [await add(http, str(number)) for number in range(5)]
    changes, after = await read(http, cursor, limit)
    assert [change["entity_id"] for change in changes] == [task["id"] for task in tasks]
    seqs = [change["seq"] for change in changes]
    assert seqs == list(range(seqs[0], seqs[0] + 5))
    assert await read(http, after, limit) == ([], after)


async def test_the_beginning_is_0_which_is_the_default(http):
    await add(http)
    whole, after = await read(http, "0")
    assert [change["seq"] for change in whole] == list(range(1, len(whole) + 1))
    assert (await http.get(FEED, params={"limit": 1000})).json()["changes"] == whole[:1000]
    assert len((await http.get(FEED, params={"limit": 1})).json()["changes"]) == 1
    copy = Copy()
    for change in whole:
        copy.lay(change)
    assert copy.arranged() == (await snapshot(http))["tasks"]
    assert after == (await snapshot(http))["cursor"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "", "1.5", "99999999999999999999"])
async def test_a_limit_out_of_bounds_is_refused(http, limit):
    answer = await http.get(FEED, params={"limit": limit})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    "after", ["", "x", "00", "-1", "1", "null", "AAAA", "é", "A" * 34, "A" * 33 + "=", "' OR 1=1 --", "\0", "A" * 4000]
)
@pytest.mark.parametrize("path", [FEED, f"{FEED}/stream"])
async def test_what_is_no_cursor_is_400(http, path, after):
    answer = await http.get(path, params={"after": after})
    assert (answer.status_code, answer.json()["type"]) == (400, "bad-cursor")


async def test_a_cursor_that_was_tampered_with_leads_nowhere(http, cursor):
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=="))
    for place, expected in [(0, 400), (5, 410), (17, 400), (18, 410)]:
        other = bytearray(raw)
        other[place] ^= 0x80 if place == 17 else 0x01
        text = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
        for path in (FEED, f"{FEED}/stream"):
            assert (await http.get(path, params={"after": text})).status_code == expected
    assert (await http.get(FEED, params={"after": cursor[:-1] + chr(ord(cursor[-1]) + 1)})).status_code == 400
