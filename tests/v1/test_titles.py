"""A title shows something; `/tasks` took others, and what has one is read, undone and restored like any task."""

import pytest

from tests.contract.expect import refused
from tests.v1.using import batch, changes, latest, new_id, one, undone

NOTHING = {
    "spaces": "   ",
    "tabs and line breaks": "\t\r\n\x0b\x1f\x85",
    "no-break spaces": "\xa0\u202f",
    "ideographic space": "\u3000",
    "zero-width space": "\u200b",
    "zero-width joiners": "\u200c\u200d\u2060\ufeff",
    "soft hyphen": "\xad",
    "direction marks": "\u200e\u202e\u2066\u2069\u061c",
    "grapheme joiner": "\u034f",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Mongolian selectors": "\u180b\u180e",
    "variation selectors": "\ufe0f\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "empty Braille pattern": "\u2800",
    "interlinear anchors": "\ufff9\ufffb",
    "musical controls": "\U0001d173\U0001d159",
    "controls": "\x01\x7f\x9f",
    "a long one": " \u200b" * 100,
}
SOMETHING = ["a", ".", "\u200b.\u200b", "\u0301", "👩\u200d👩", "❤\ufe0f", "\U000f0000", "한", "क्", "\u2801", " x "]


@pytest.mark.parametrize("title", NOTHING.values(), ids=NOTHING)
async def test_a_title_that_shows_nothing_is_refused(client, task, log_head, title: str):
    head, address = await log_head(), f"/api/v1/tasks/{task['id']}"
    said = "title with at least one visible character"
    for answer in (
        await client.post("/api/v1/tasks", json={"title": title}),
        await client.post("/api/v1/tasks", json={"title": title, "id": new_id()}),
        await client.patch(address, json={"title": title, "completed": True}),
    ):
        problem = refused(answer, 422)
        assert (problem["type"], problem["detail"]) == ("invalid", f"Expected a {said}")
    first = {"op": "complete", "id": task["id"]}
    for operation in ({"op": "create", "title": title}, {"op": "update", "id": task["id"], "title": title}):
        problem = refused(await batch(client, first, operation), 422)
        assert (problem["detail"], problem["index"]) == (f"operations[1]: expected a {said}", 1)
    assert await log_head() == head
    assert await one(client, task) == task


@pytest.mark.parametrize("title", SOMETHING)
async def test_a_title_that_shows_anything_is_kept_as_it_is(client, task, title: str):
    assert (await client.post("/api/v1/tasks", json={"title": title})).json()["title"] == title
    changed = await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": title})
    assert (changed.status_code, changed.json()["title"]) == (200, title)


@pytest.mark.parametrize("title", NOTHING.values(), ids=NOTHING)
async def test_what_tasks_took_it_takes_for_ever_and_v1_treats_it_like_any_task(client, title: str):
    made = await client.post("/tasks", json={"title": title})
    assert (made.status_code, made.json()["title"]) == (201, title)
    address = f"/api/v1/tasks/{made.json()['id']}"
    assert (await client.patch(address, json={"description": "d"})).json()["title"] == title
    assert (await client.put(f"{address}/completion")).status_code == 200

    renamed = await client.patch(address, json={"title": "Seen"})
    assert renamed.status_code == 200
    assert (await undone(client, await latest(client)))["diff"] == {"title": ["Seen", title]}
    assert (await client.get(address)).json()["title"] == title

    assert (await client.delete(address)).status_code == 204
    assert (await client.post(f"{address}/restore")).json()["title"] == title
    assert (await client.put(f"/tasks/{made.json()['id']}", json={"title": title})).status_code == 200
    assert (await client.get(address)).json()["title"] == title


async def test_a_creation_with_such_a_title_is_undone_and_redone(client):
    made = (await client.post("/tasks", json={"title": "\u200b"})).json()
    [*_, created] = await changes(client)
    again = await undone(client, await undone(client, created))
    assert again["op"] == "create"
    assert (await client.get(f"/api/v1/tasks/{made['id']}")).json()["title"] == "\u200b"
