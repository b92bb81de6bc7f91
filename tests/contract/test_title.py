"""`title`: string, 1 to 200 characters (code points), on POST and on PUT."""

import pytest

from tests.contract.conftest import Write
from tests.contract.expect import faults, refused
from tests.contract.texts import FULL, HARMLESS, HUGE_NUMBERS, NOT_A_STRING, NOT_JSON, NOT_TEXT

TITLE = ["body", "title"]


@pytest.mark.parametrize("title", [*HARMLESS, *FULL])
async def test_a_title_comes_back_as_it_was_sent(write: Write, everything, title: str):
    answer = await write({"title": title})
    assert answer.status_code in (200, 201)
    assert answer.json()["title"] == title
    assert (await everything())[-1]["title"] == title


@pytest.mark.parametrize("title", FULL)
async def test_one_code_point_more_than_200_is_too_long(write: Write, title: str):
    assert faults(await write({"title": title + title[-1]})) == [("string_too_long", TITLE)]


@pytest.mark.parametrize("length", [201, 255, 256, 10_000, 100_000])
async def test_a_long_title_is_refused(write: Write, length: int):
    assert faults(await write({"title": "x" * length})) == [("string_too_long", TITLE)]


async def test_an_empty_title_is_refused(write: Write):
    assert faults(await write({"title": ""})) == [("string_too_short", TITLE)]


async def test_a_new_task_needs_a_title(client):
    for body in ({}, {"description": "Two bottles"}, {"Title": "Buy milk"}):
        assert faults(await client.post("/tasks", json=body)) == [("missing", TITLE)]


async def test_a_new_tasks_title_is_not_null(client):
    assert faults(await client.post("/tasks", json={"title": None})) == [("string_type", TITLE)]


@pytest.mark.parametrize("value", [*NOT_A_STRING, *HUGE_NUMBERS], ids=lambda value: value[:20])
async def test_a_title_that_is_not_a_string_is_refused(write: Write, value: str):
    assert faults(await write(f'{{"title": {value}}}'.encode())) == [("string_type", TITLE)]


@pytest.mark.parametrize("value", NOT_JSON)
async def test_a_title_that_is_not_json_is_refused(write: Write, value: str):
    refused(await write(f'{{"title": {value}}}'.encode()), 422)


@pytest.mark.parametrize("value", NOT_TEXT.values(), ids=NOT_TEXT)
async def test_a_title_that_is_not_text_is_refused(write: Write, value: bytes):
    refused(await write(b'{"title": ' + value + b"}"), 422)


async def test_escaped_characters_count_as_what_they_stand_for(write: Write):
    answer = await write(b'{"title": "' + rb"\ud83e\uddc0" * 200 + b'"}')
    assert answer.json()["title"] == "🧀" * 200
    longer = await write(b'{"title": "' + rb"\ud83e\uddc0" * 201 + b'"}')
    assert faults(longer) == [("string_too_long", TITLE)]


async def test_texts_are_not_normalised(write: Write):
    for title in ("é", "e\u0301", "ﬁ", "Ω", "\u2126"):
        assert (await write({"title": title})).json()["title"] == title
