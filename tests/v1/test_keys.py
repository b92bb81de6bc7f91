"""Every write of `/api/v1/tasks` takes an idempotency key: it happens once, and is answered alike ever after."""

import asyncio
from uuid import uuid4

import pytest

from tests.contract.expect import refused
from tests.keys.conftest import alike, replayed
from tests.v1.conftest import TASKS, WRITES, new_id


@pytest.fixture
def keyed():
    """Headers by which repeated requests are known; the request's id too, so that refusals look the same."""
    return {"idempotency-key": uuid4().hex, "x-request-id": "the-same"}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("condition", [{}, {"if-match": '"1", "2"'}])
async def test_a_write_that_is_repeated_happens_once(client, there, log_head, keyed, name, condition):  # noqa: PLR0917
    before = await log_head()
    first = await there.write(name, keyed | condition)
    assert first.is_success, first.text
    assert await log_head() == before + 1
    for _ in range(2):
        answer = await there.write(name, keyed | condition)
        assert alike(answer, first)
        assert answer.headers.get("etag") == first.headers.get("etag")
        assert replayed(answer)
    await client.put(f"/tasks/{there.of(name)['id']}", json={"title": "Since"})
    assert alike(await there.write(name, keyed | condition), first)


@pytest.mark.parametrize("name", WRITES)
async def test_many_at_once_with_one_key_write_once(there, log_head, keyed, name):
    before = await log_head()
    answers = await asyncio.gather(*(there.write(name, keyed) for _ in range(5)))
    assert await log_head() == before + 1
    written = [answer for answer in answers if answer.is_success]
    assert all(alike(answer, written[0]) for answer in written)
    assert {answer.status_code for answer in answers} <= {written[0].status_code, 409}


@pytest.mark.parametrize("name", WRITES)
async def test_a_key_means_one_request(there, keyed, name):
    await there.write(name, keyed)
    for other in WRITES:
        if other != name:
            assert refused(await there.write(other, keyed), 422)["type"] == "key-reused"


@pytest.mark.parametrize("body", [{"title": "x"}, {"title": "x", "id": None}, {"title": "x", "id": "{new}"}])
async def test_a_new_task_is_made_once(client, log_head, keyed, body):
    body = {name: value and value.format(new=new_id()) for name, value in body.items()}
    before = await log_head()
    first = await client.post(TASKS, json=body, headers=keyed)
    assert first.status_code == 201
    answer = await client.post(TASKS, json=body, headers=keyed)
    assert alike(answer, first)
    assert replayed(answer)
    assert await log_head() == before + 1


async def test_a_write_that_changed_nothing_is_replayed_as_such(client, task, log_head, keyed):
    before = await log_head()
    first = await client.patch(f"{TASKS}/{task['id']}", json={}, headers=keyed)
    await client.patch(f"{TASKS}/{task['id']}", json={"title": "Since"})
    assert alike(await client.patch(f"{TASKS}/{task['id']}", json={}, headers=keyed), first)
    assert first.json() == task
    assert await log_head() == before + 1


@pytest.mark.parametrize("name", WRITES)
async def test_a_stale_write_stays_stale(there, log_head, keyed, name):
    stale = keyed | {"if-match": '"77"'}
    refused(await there.write(name, stale), 412)
    before = await log_head()
    assert refused(await there.write(name, stale), 412)["type"] == "stale"
    for other in ({}, {"if-match": '"1"'}):
        assert refused(await there.write(name, keyed | other), 422)["type"] == "key-reused"
    assert await log_head() == before


async def test_a_key_in_the_trash_is_known_there(client, task, keyed):
    """What is restored by a repeated request is what was restored by the first."""
    await client.delete(f"{TASKS}/{task['id']}")
    first = await client.post(f"{TASKS}/{task['id']}/restore", headers=keyed)
    await client.delete(f"{TASKS}/{task['id']}")
    assert alike(await client.post(f"{TASKS}/{task['id']}/restore", headers=keyed), first)
    refused(await client.get(f"{TASKS}/{task['id']}"), 404)
