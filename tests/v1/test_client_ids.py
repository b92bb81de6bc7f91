"""A client's own id makes sending a task again harmless, also without an idempotency key."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.contract.expect import refused
from tests.v1.conftest import TASKS, Task, new_id

BODY = {"title": "Buy milk", "description": "Two bottles", "completed": True}
OTHERS: list[dict[str, Any]] = [
    {"title": "Buy oat milk"},
    {"description": "Three"},
    {"description": None},
    {"completed": False},
]


@pytest.fixture
async def sent(add):
    """A task that a client named."""
    return await add(**BODY, id=new_id())


async def send(client: httpx.AsyncClient, task: Task, **others: Any) -> httpx.Response:
    return await client.post(TASKS, json={**BODY, "id": task["id"], **others})


async def test_the_same_again_is_what_is_stored(client, sent, log_head):
    before = await log_head()
    for _ in range(2):
        answer = await send(client, sent)
        assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, '"1"', sent)
    assert await log_head() == before


@pytest.mark.parametrize("other", OTHERS)
async def test_another_body_is_a_conflict(client, sent, log_head, other):
    before = await log_head()
    assert refused(await send(client, sent, **other), 409)["type"] == "id-taken"
    assert (await client.get(f"{TASKS}/{sent['id']}")).json() == sent
    assert await log_head() == before


async def test_after_a_change_it_is_still_the_same_and_the_answer_is_what_is_stored_now(client, sent):
    edited = (await client.patch(f"{TASKS}/{sent['id']}", json={"title": "Buy oat milk"})).json()
    answer = await send(client, sent)
    assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, '"2"', edited)
    assert refused(await send(client, sent, title="Buy oat milk"), 409)["type"] == "id-taken"


async def test_in_the_trash_it_is_still_the_same_and_stays_there(client, sent):
    await client.delete(f"{TASKS}/{sent['id']}")
    answer = await send(client, sent)
    assert answer.status_code == 200
    assert answer.json()["deleted_at"] is not None
    assert (await client.get("/tasks")).json() == []


async def test_once_deleted_for_good_it_does_not_come_back(client, sent):
    await client.delete(f"{TASKS}/{sent['id']}")
    await client.delete(f"{TASKS}/trash/{sent['id']}")
    for body in ({}, *OTHERS):
        assert refused(await send(client, sent, **body), 409)["type"] == "id-taken"
    assert (await client.get("/tasks")).json() == []


async def test_an_absent_description_is_null(client, add):
    sent = await add("x", id=new_id())
    for again in ({}, {"description": None}, {"completed": False}):
        assert (await client.post(TASKS, json={"title": "x", "id": sent["id"], **again})).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "1",
        "01890a5d-ac96-4744-8d2a-6f3c1f6f9d0e",
        "01890a5d-ac96-7744-cd2a-6f3c1f6f9d0e",
        "01890a5dac9677448d2a6f3c1f6f9d0e",
        7,
    ],
)
async def test_only_version_7_will_do(client, wrong):
    refused(await client.post(TASKS, json={**BODY, "id": wrong}), 422)
    assert (await client.get("/tasks")).json() == []


async def test_null_is_no_id(client):
    answer = await client.post(TASKS, json={**BODY, "id": None})
    assert answer.status_code == 201


async def test_many_at_once_make_one_task(client, log_head):
    before, ids = await log_head(), [new_id() for _ in range(10)]
    answers = await asyncio.gather(*(send(client, {"id": task_id}) for task_id in ids for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 50 + [201] * 10
    assert len({answer.content for answer in answers}) == 10
    assert await log_head() == before + 10


async def test_many_at_once_with_different_bodies_make_one_task(client):
    task_id = new_id()
    answers = await asyncio.gather(*(send(client, {"id": task_id}, title=f"x{n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    [made] = [answer.json() for answer in answers if answer.status_code == 201]
    assert (await client.get(f"{TASKS}/{task_id}")).json() == made


async def test_another_workspace_may_have_the_same_id(client, rows):
    """Who has it there, nobody here can tell."""
    task_id = new_id()
    [other] = await rows("INSERT INTO workspaces DEFAULT VALUES RETURNING id")
    await rows(f"INSERT INTO tasks (workspace_id, id, title) VALUES ('{other['id']}', '{task_id}', 'Theirs')")
    assert (await send(client, {"id": task_id})).status_code == 201
    assert (await client.patch(f"{TASKS}/{task_id}", json={"title": "Ours"})).status_code == 200
    titles = await rows(f"SELECT title FROM tasks WHERE id = '{task_id}' ORDER BY title")
    assert [row["title"] for row in titles] == ["Ours", "Theirs"]
    await rows(f"DELETE FROM workspaces WHERE id = '{other['id']}'")
