"""`completed`: JSON true or false, or null; anything else is 422."""

import pytest

from tests.contract.expect import JSON, Task, faults, refused
from tests.contract.texts import HUGE_NUMBERS, NOT_JSON, NOT_TEXT

WRONG = [
    *('"yes"', '"true"', '"True"', '"false"', '"on"', '"1"', '"0"', '""', '"null"'),
    *("1", "0", "-1", "1.0", "0.0", "2", "[]", "[true]", "{}", '{"completed": true}'),
]


@pytest.mark.parametrize("value", [*WRONG, *HUGE_NUMBERS], ids=lambda value: value[:20])
async def test_what_is_not_true_false_or_null_is_refused(client, task: Task, value: str):
    body = f'{{"completed": {value}}}'.encode()
    answer = await client.put(f"/tasks/{task['id']}", content=body, headers=JSON)
    assert faults(answer) == [("bool_type", ["body", "completed"])]
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("value", NOT_JSON)
async def test_what_is_not_json_is_refused(client, task: Task, value: str):
    body = f'{{"completed": {value}}}'.encode()
    refused(await client.put(f"/tasks/{task['id']}", content=body, headers=JSON), 422)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("value", NOT_TEXT.values(), ids=NOT_TEXT)
async def test_text_that_is_not_text_is_refused(client, task: Task, value: bytes):
    body = b'{"completed": ' + value + b"}"
    refused(await client.put(f"/tasks/{task['id']}", content=body, headers=JSON), 422)


@pytest.mark.parametrize("value", [True, False])
async def test_true_and_false_are_taken(client, task: Task, value: bool):
    for _ in range(2):
        answer = await client.put(f"/tasks/{task['id']}", json={"completed": value})
        assert answer.status_code == 200
        assert answer.json()["completed"] is value


async def test_null_leaves_it_as_it_is(client, task: Task):
    await client.put(f"/tasks/{task['id']}", json={"completed": True})
    answer = await client.put(f"/tasks/{task['id']}", json={"completed": None})
    assert answer.json()["completed"] is True
