"""A task of `/api/v1`: what is sent, what is answered, and what a change leaves alone."""

import pytest

from tests.contract.expect import UNKNOWN, moment, refused
from tests.v1.conftest import TASKS, new_id

MEMBERS = {
    *("id", "title", "description", "completed", "completed_at", "position"),
    *("created_at", "updated_at", "version", "deleted_at"),
}
LONG = {"title": 200, "description": 50_000}


@pytest.fixture
async def done(add):
    """Another task, which is done."""
    return await add(completed=True)


async def test_a_new_task(client):
    answer = await client.post(TASKS, json={"title": "Buy milk"})
    task = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert task.keys() == MEMBERS
    fixed = {"title": "Buy milk", "description": None, "completed": False, "completed_at": None, "version": 1}
    assert fixed.items() <= task.items()
    assert task["deleted_at"] is None
    assert task["created_at"] == task["updated_at"]
    assert moment(task["created_at"])
    read = await client.get(f"{TASKS}/{task['id']}")
    assert (read.status_code, read.headers["etag"], read.content) == (200, '"1"', answer.content)


async def test_a_new_task_may_be_done_already(add):
    task = await add(completed=True, description="")
    assert (task["completed"], task["completed_at"], task["description"]) == (True, task["created_at"], "")


async def test_a_new_task_comes_last(add):
    positions = [(await add(str(number)))["position"] for number in range(5)]
    assert positions == sorted(set(positions))


@pytest.mark.parametrize("member", LONG)
async def test_limits_count_code_points(client, task, member):
    for text, status in (("😀" * LONG[member], 200), ("😀" * (LONG[member] + 1), 422)):
        assert (await client.patch(f"{TASKS}/{task['id']}", json={member: text})).status_code == status
        assert (await client.post(TASKS, json={"title": "x", member: text})).status_code == status + (status == 200)


@pytest.mark.parametrize(
    ("patch", "moved"),
    [
        ({"title": "New"}, {"title": "New"}),
        ({"description": "New"}, {"description": "New"}),
        ({"description": ""}, {"description": ""}),
        ({"description": None}, {"description": None}),
        ({"title": "New", "description": None}, {"title": "New", "description": None}),
        ({"title": "Buy milk", "description": None}, {"description": None}),
    ],
)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/merge-patch+json", "Application/JSON; charset=utf-8"]
)
async def test_a_patch_changes_what_it_names(client, task, patch, moved, kind):
    answer = await client.request("PATCH", f"{TASKS}/{task['id']}", json=patch, headers={"content-type": kind})
    after = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert after["updated_at"] > task["updated_at"]
    assert after == task | moved | {"version": 2, "updated_at": after["updated_at"]}
    assert (await client.get(f"{TASKS}/{task['id']}")).json() == after


@pytest.mark.parametrize(
    "body",
    [
        {"title": None},
        {"title": ""},
        {"title": 1},
        {"completed": None},
        {"completed": "yes"},
        {"completed": 1},
        {"description": 1},
        {"title": "x\0"},
        {"description": "\0"},
        {"title": "x", "colour": "green"},
        {"version": 5},
        {"position": "800000000001"},
        {"completed_at": "2026-01-01T00:00:00Z"},
        {"created_at": "2026-01-01T00:00:00Z"},
        {"deleted_at": None},
        {"workspace_id": UNKNOWN},
        [],
        "x",
        None,
    ],
)
async def test_what_no_task_can_become_is_refused(client, task, log_head, body):
    before = await log_head()
    refused(await client.patch(f"{TASKS}/{task['id']}", json=body), 422)
    refused(await client.patch(f"{TASKS}/{UNKNOWN}", json=body), 422)
    if body != {"description": 1}:
        body = {"title": "x", **body} if isinstance(body, dict) else body
        refused(await client.post(TASKS, json=body), 422)
    assert await log_head() == before
    assert (await client.get(f"{TASKS}/{task['id']}")).json() == task


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/{id}", {}),
        ("PATCH", "/{id}", {"title": "Buy milk", "description": "Two bottles", "completed": False}),
        ("DELETE", "/{id}/completion", None),
        ("POST", "/{id}/restore", None),
        ("PUT", "/{id}/position", {"before": "{id}"}),
        ("PUT", "/{id}/position", {"after": "{id}"}),
        ("PUT", "/{done}/completion", None),
        ("PATCH", "/{done}", {"completed": True}),
    ],
)
async def test_what_changes_nothing_leaves_no_trace(client, task, done, log_head, method, path, body):  # noqa: PLR0917
    ids = {"id": task["id"], "done": done["id"]}
    body = body and {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    before = await log_head()
    answer = await client.request(method, f"{TASKS}{path.format(**ids)}", json=body)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == (done if "done" in path else task)
    assert await log_head() == before


async def test_completion_keeps_the_first_time(client, task):
    address = f"{TASKS}/{task['id']}"
    first = (await client.put(f"{address}/completion")).json()
    assert (first["completed"], first["completed_at"] > task["created_at"]) == (True, True)
    for again in (client.put(f"{address}/completion"), client.patch(address, json={"completed": True, "title": "x"})):
        assert (await again).json()["completed_at"] == first["completed_at"]
    await client.put(f"/tasks/{task['id']}", json={"completed": True})
    assert (await client.get(address)).json()["completed_at"] == first["completed_at"]
    opened = (await client.delete(f"{address}/completion")).json()
    assert (opened["completed"], opened["completed_at"]) == (False, None)
    assert (await client.put(f"{address}/completion")).json()["completed_at"] > first["completed_at"]


@pytest.mark.parametrize("task_id", [UNKNOWN, "1", "'", "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e0", "%F0%9F%98%80"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {}),
        ("DELETE", "", None),
        ("PUT", "/completion", None),
        ("DELETE", "/completion", None),
        ("PUT", "/position", {"before": UNKNOWN}),
        ("POST", "/restore", None),
    ],
)
async def test_a_task_that_is_not_there(client, task_id, method, path, body):
    answer = await client.request(method, f"{TASKS}/{task_id}{path}", json=body)
    assert refused(answer, 404)["detail"] == "Task not found"


async def test_ids_are_taken_in_any_case(client, add):
    task = await add(id=new_id().upper())
    assert task["id"] == task["id"].lower()
    assert (await client.get(f"{TASKS}/{task['id'].upper()}")).json() == task


async def test_both_faces_show_one_task(client, add, log_head):
    """And neither harms what only the other shows."""
    rich = await add("Rich", description="words")
    [plain] = (await client.get("/tasks")).json()
    assert plain == {name: rich[name] for name in plain}
    assert (await client.put(f"/tasks/{rich['id']}", json={"title": "Plain"})).status_code == 200
    now = (await client.get(f"{TASKS}/{rich['id']}")).json()
    assert now == rich | {"title": "Plain", "version": 2, "updated_at": now["updated_at"]}
    before = await log_head()
    touched = (await client.put(f"/tasks/{rich['id']}", json={})).json()
    assert touched["updated_at"] > now["updated_at"]
    assert await log_head() == before + 1
    assert (await client.get(f"{TASKS}/{rich['id']}")).json()["version"] == 3
    assert (await client.put(f"{TASKS}/{rich['id']}/completion")).status_code == 200
    assert (await client.get("/tasks")).json()[0]["completed"] is True
