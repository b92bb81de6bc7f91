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


async def since(client, task):
    """The task is edited, and what it shows is another."""
    assert (await client.put(f"/tasks/{task['id']}", json={"title": uuid4().hex})).status_code == 200


@pytest.mark.parametrize("name", [name for name in WRITES if name not in ("restore", "erase")])
async def test_the_task_that_a_stale_write_was_shown_is_shown_again(client, there, keyed, name):
    stale = keyed | {"if-match": '"77"'}
    first = await there.write(name, stale)
    assert refused(first, 412)["current"]["id"] == there.of(name)["id"]
    await since(client, there.of(name))
    for _ in range(2):
        answer = await there.write(name, stale)
        assert alike(answer, first)
        assert replayed(answer)
        assert answer.headers["etag"] == first.headers["etag"] == '"1"'


@pytest.mark.parametrize("name", ["restore", "erase"])
async def test_what_was_stale_in_the_trash_is_shown_again(client, there, keyed, name):
    stale = keyed | {"if-match": '"77"'}
    first = await there.write(name, stale)
    assert refused(first, 412)["current"]["version"] == 2
    assert (await there.write("restore")).status_code == 200
    assert alike(await there.write(name, stale), first)


@pytest.mark.parametrize("condition", [{}, {"if-match": '"1"'}])
async def test_what_was_not_there_is_not_there_when_it_is_asked_for_again(client, there, keyed, condition):
    """Though it came meanwhile: a neighbour from the trash, and the task itself."""
    trashed, other = there.tasks["trashed"], there.tasks["other"]
    path, body = f"{TASKS}/{other['id']}/position", {"before": trashed["id"]}
    first = await client.put(path, json=body, headers=keyed | condition)
    assert refused(first, 404)["detail"] == "The task to move next to was not found"
    edit = f"{TASKS}/{trashed['id']}"
    keyed_too = keyed | {"idempotency-key": uuid4().hex} | condition
    gone = await client.patch(edit, json={"title": "x"}, headers=keyed_too)
    refused(gone, 404)
    assert (await there.write("restore")).status_code == 200
    assert alike(await client.put(path, json=body, headers=keyed | condition), first)
    assert alike(await client.patch(edit, json={"title": "x"}, headers=keyed_too), gone)


async def test_a_task_that_was_restored_in_vain_is_shown_as_it_was(client, task, keyed):
    path = f"{TASKS}/{task['id']}/restore"
    first = await client.post(path, headers=keyed)
    assert (first.status_code, first.json(), first.headers["etag"]) == (200, task, '"1"')
    await since(client, task)
    answer = await client.post(path, headers=keyed)
    assert alike(answer, first)
    assert answer.headers["etag"] == first.headers["etag"]
    assert replayed(answer)


async def test_a_task_that_was_added_before_is_shown_as_it_was(client, keyed):
    body = {"id": new_id(), "title": "Before"}
    added = (await client.post(TASKS, json=body)).json()
    first = await client.post(TASKS, json=body, headers=keyed)
    assert (first.status_code, first.json(), first.headers["etag"]) == (200, added, '"1"')
    other = {"headers": keyed | {"idempotency-key": uuid4().hex}, "json": body | {"title": "Another"}}
    taken = await client.post(TASKS, **other)
    assert refused(taken, 409)["type"] == "id-taken"
    await since(client, added)
    for _ in range(2):
        answer = await client.post(TASKS, json=body, headers=keyed)
        assert alike(answer, first)
        assert (answer.headers["etag"], replayed(answer)) == ('"1"', True)
        assert alike(await client.post(TASKS, **other), taken)


async def test_what_was_refused_is_worked_out_once_however_many_ask(client, there, keyed):
    """Those that come while the first is still being answered are told so, or what it was told."""
    stale = keyed | {"if-match": '"77"'}
    answers = await asyncio.gather(*(there.write("edit", stale) for _ in range(5)), since(client, there.of("edit")))
    told = {answer.content for answer in answers[:5] if answer.status_code == 412}
    assert len(told) == 1
    assert (await there.write("edit", stale)).content in told
