"""`description`: string or null, on POST and on PUT."""

import pytest

from tests.contract.conftest import Write
from tests.contract.expect import faults, refused
from tests.contract.texts import FULL, HARMLESS, HUGE_NUMBERS, NOT_A_STRING, NOT_JSON, NOT_TEXT

DESCRIPTION = ["body", "description"]


@pytest.mark.parametrize("description", [*HARMLESS, *FULL, pytest.param("", id="empty")])
async def test_a_description_comes_back_as_it_was_sent(write: Write, everything, description: str):
    answer = await write({"title": "Buy milk", "description": description})
    assert answer.status_code in (200, 201)
    assert answer.json()["description"] == description
    assert (await everything())[-1]["description"] == description


@pytest.mark.parametrize("character", ["x", "ü", "語", "🧀", "\u0301", "\n", '"', "\\", "\x01"])
async def test_ten_thousand_characters_are_accepted(write: Write, everything, character: str):
    answer = await write({"title": "Buy milk", "description": character * 10_000})
    assert answer.status_code in (200, 201)
    assert (await everything())[-1]["description"] == character * 10_000


@pytest.mark.parametrize("length", [200_000, 1_000_000])
async def test_an_unreasonable_description_is_refused(write: Write, length: int):
    answer = await write({"title": "Buy milk", "description": "x" * length})
    assert faults(answer) == [("string_too_long", DESCRIPTION)]


async def test_a_description_is_never_cut(client):
    for length in range(10_000, 120_000, 10_000):
        answer = await client.post("/tasks", json={"title": "Buy milk", "description": "x" * length})
        if answer.status_code == 201:
            assert len(answer.json()["description"]) == length
        else:
            assert faults(answer) == [("string_too_long", DESCRIPTION)]


async def test_a_new_task_may_say_that_it_has_none(client):
    answer = await client.post("/tasks", json={"title": "Buy milk", "description": None})
    assert answer.status_code == 201
    assert answer.json()["description"] is None


@pytest.mark.parametrize("value", [*NOT_A_STRING, *HUGE_NUMBERS], ids=lambda value: value[:20])
async def test_a_description_that_is_not_a_string_is_refused(write: Write, value: str):
    answer = await write(f'{{"title": "Buy milk", "description": {value}}}'.encode())
    assert faults(answer) == [("string_type", DESCRIPTION)]


@pytest.mark.parametrize("value", NOT_JSON)
async def test_a_description_that_is_not_json_is_refused(write: Write, value: str):
    refused(await write(f'{{"title": "Buy milk", "description": {value}}}'.encode()), 422)


@pytest.mark.parametrize("value", NOT_TEXT.values(), ids=NOT_TEXT)
async def test_a_description_that_is_not_text_is_refused(write: Write, value: bytes):
    refused(await write(b'{"title": "Buy milk", "description": ' + value + b"}"), 422)
