"""A request that is repeated with its key gets the answer that it got first, whatever has happened since."""

import httpx
import pytest

from tests.conftest import execute
from tests.contract.expect import UNKNOWN, faults
from tests.keys.conftest import KEY_REUSED, WRITES, alike, replayed

AGAIN = 3


@pytest.fixture(params=["as it was", "changed", "deleted"])
async def happen(request, client, task):
    """What happens between the request and its repetitions."""

    async def happen() -> None:
        for found in (await client.get("/tasks")).json():
            if request.param == "changed":
                changes = {"title": "Since", "description": "Since", "completed": not found["completed"]}
                assert (await client.put(f"/tasks/{found['id']}", json=changes)).status_code == 200
            if request.param == "deleted":
                assert (await client.delete(f"/tasks/{found['id']}")).status_code == 204

    return happen


@pytest.mark.parametrize("name", WRITES)
async def test_the_first_answer_is_given_again_and_nothing_is_written(client, send, happen, name):
    first = await send(name)
    assert first.status_code == WRITES[name][3]
    assert not replayed(first)
    await happen()
    since = (await client.get("/tasks")).json()
    for _ in range(AGAIN):
        answer = await send(name)
        assert alike(answer, first)
        assert replayed(answer)
    assert (await client.get("/tasks")).json() == since


async def test_another_key_writes_again(client, send):
    answers = [await send("create", **{"idempotency-key": f"another-{number}"}) for number in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert not any(replayed(answer) for answer in answers)


@pytest.mark.parametrize("changed", ["answer #- '{0,ordinal}'", "jsonb_set(answer, '{0,unheard_of}', '1')"])
async def test_a_replay_outlives_changes_of_the_stored_form(server, send, changed):
    """A migration adds or drops a column that the answer does not show."""
    first = await send("create")
    await execute(
        server.environment["DATABASE_URL"], f"UPDATE idempotency_keys SET answer = {changed} WHERE answer <> '[]'"
    )
    assert alike(await send("create"), first)


OTHERS = [
    ("POST", "/tasks", {"title": "Buy milk"}),
    ("POST", "/tasks", {"title": "Buy milk", "description": None}),
    ("PUT", "/tasks/{id}", {"title": "Buy milk", "description": "Two bottles"}),
    ("PUT", f"/tasks/{UNKNOWN}", {"title": "Buy milk", "description": "Two bottles"}),
    ("DELETE", "/tasks/{id}", None),
    ("DELETE", f"/tasks/{UNKNOWN}", None),
    ("POST", "/tasks", {"title": 1}),
    ("POST", "/tasks", None),
    ("PUT", "/tasks/{id}", {"title": "x" * 201}),
    ("PUT", "/tasks/not-a-uuid", {"title": "Buy milk"}),
    ("DELETE", "/tasks/not-a-uuid", None),
]


@pytest.mark.parametrize("name", WRITES)
async def test_a_key_that_was_used_means_no_other_request(client, send, task, key, name):
    first = await send(name)
    before = (await client.get("/tasks")).json()
    for method, path, body in OTHERS:
        if (method, path, body) == WRITES[name][:3]:
            continue
        answer = await client.request(method, path.format(id=task["id"]), json=body, headers={"idempotency-key": key})
        assert faults(answer) == KEY_REUSED
        assert not replayed(answer)
    assert (await client.get("/tasks")).json() == before
    assert alike(await send(name), first)


@pytest.mark.parametrize("change", [{"title": "Buy bread"}, {"title": "Buy milk "}, {"title": "buy milk"}])
async def test_every_byte_of_the_body_matters(client, key, change):
    headers = {"idempotency-key": key}
    assert (await client.post("/tasks", json={"title": "Buy milk"}, headers=headers)).status_code == 201
    assert faults(await client.post("/tasks", json=change, headers=headers)) == KEY_REUSED
    assert [task["title"] for task in (await client.get("/tasks")).json()] == ["Buy milk"]


async def test_requests_without_a_key_are_never_replays(client: httpx.AsyncClient):
    answers = [await client.post("/tasks", json={"title": "Buy milk"}) for _ in range(2)]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert not any(replayed(answer) for answer in answers)
