"""Body is not JSON, not an object, or not UTF-8: 422. Never 500. Unknown members are ignored, whatever they hold."""

import codecs

import httpx
import pytest

from tests.contract.conftest import Write
from tests.contract.expect import faults, refused
from tests.contract.texts import HUGE_NUMBERS, NOT_JSON, NOT_TEXT

GOOD = '{"title": "Buy milk"}'

NOT_AN_OBJECT = ["null", "true", "false", "0", "1e400", '"title"', "[]", "[{}]", '[{"title": "Buy milk"}]', '""']
BROKEN = [
    *(" ", "\n\t ", "{", "}", "[", '{"title"', '{"title":', '{"title": "Buy milk"', '{"title": "Buy milk",}'),
    *('{"title": "Buy milk"} {}', '{"title": "Buy milk"}x', '{"title" "Buy milk"}', "{'title': 'Buy milk'}"),
    *('{title: "Buy milk"}', '{"title": "Buy milk"} // why', '{"title": "Buy milk" /* why */}', "{,}", '{"title"}'),
    *("title=Buy+milk", "<task/>", "--x\r\n", "\x00", '{"title": "Buy milk"}\x00', "\ufeff" + GOOD, "{null: 1}"),
]


def not_json(answer: httpx.Response, at_most: int) -> None:
    """Make sure that a body was refused for not being JSON, from one of its characters on."""
    [(kind, (body, offset))] = faults(answer)
    assert (kind, body) == ("json_invalid", "body")
    assert 0 <= int(offset) <= at_most


@pytest.mark.parametrize("body", NOT_AN_OBJECT)
async def test_a_body_that_is_not_an_object_is_refused(write: Write, body: str):
    assert faults(await write(body.encode())) == [("model_attributes_type", ["body"])]


@pytest.mark.parametrize("body", BROKEN)
async def test_a_body_that_is_not_json_is_refused(write: Write, body: str):
    not_json(await write(body.encode()), at_most=len(body))


async def test_an_empty_body_is_refused(write: Write):
    assert faults(await write(b"")) == [("missing", ["body"])]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "cp037"])
async def test_a_body_in_another_encoding_is_refused(write: Write, encoding: str):
    body = '{"title": "Buy milk + ü"}'.encode(encoding)
    not_json(await write(body), at_most=len(body))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE], ids=repr)
async def test_a_byte_order_mark_is_refused(write: Write, mark: bytes):
    not_json(await write(mark + GOOD.encode()), at_most=0)


@pytest.mark.parametrize(
    "body",
    [
        b'\xff{"title": "Buy milk"}',
        b'{"title": "Buy milk"}\xff',
        b'{"title": "Buy milk", "unknown": "\xff"}',
        b'{"title": "Buy milk", "unknown": ["\xed\xa0\x80"]}',
        b'{"title": "Buy milk", "unknown": {"\xc3": 1}}',
        b'{"title": "Buy milk", "\xff": 1}',
        b'{"title": "Buy milk", "completed\xf0\x9f": 1}',
    ],
    ids=repr,
)
async def test_bytes_that_are_not_utf_8_are_refused_wherever_they_stand(write: Write, body: bytes):
    not_json(await write(body), at_most=len(body))


@pytest.mark.parametrize("value", NOT_JSON)
async def test_an_unknown_member_that_is_not_json_is_refused(write: Write, value: str):
    body = f'{{"title": "Buy milk", "unknown": {value}}}'.encode()
    not_json(await write(body), at_most=len(body))


@pytest.mark.parametrize("value", HUGE_NUMBERS, ids=lambda value: value[:20])
async def test_an_unknown_member_may_be_a_number_of_any_size(write: Write, value: str):
    answer = await write(f'{{"title": "Buy milk", "unknown": {value}}}'.encode())
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize("value", NOT_TEXT.values(), ids=NOT_TEXT)
async def test_an_unknown_member_that_is_not_text_is_never_a_failure_of_ours(write: Write, value: bytes):
    answer = await write(b'{"title": "Buy milk", "unknown": ' + value + b"}")
    if answer.status_code not in (200, 201):  # escapes are valid JSON (RFC 8259, section 8.2); both answers are honest
        refused(answer, 422)
    else:
        assert value.isascii()
        assert b"\\u" in value


async def test_of_a_member_that_is_given_twice_the_last_one_counts(write: Write):
    answer = await write(b'{"title": "First", "title": "Last"}')
    assert answer.status_code in (200, 201)
    assert answer.json()["title"] == "Last"


@pytest.mark.parametrize("body", ['{"title": "Buy milk", "title": 1}', '{"title": "Buy milk", "title": ""}'])
async def test_a_wrong_member_is_refused_also_when_it_is_given_twice(write: Write, body: str):
    refused(await write(body.encode()), 422)


async def test_white_space_around_and_between_is_fine(write: Write):
    answer = await write(b'\r\n\t {\n "title" :\t"Buy milk" \r\n}\n\n')
    assert answer.status_code in (200, 201)


async def test_escaped_names_are_names(write: Write):
    answer = await write(rb'{"\u0074itle": "Buy milk"}')
    assert answer.json()["title"] == "Buy milk"
