"""A 422 lists every fault as the first server did: the same types, places, words and order."""

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.conftest import Write
from tests.contract.expect import JSON, UNKNOWN, faults, refused
from tests.contract.first import FirstServer, same_refusal
from tests.contract.test_side_by_side import EXAMPLES, bodies, tame
from tests.contract.texts import NOT_JSON
from tests.server import Server

LONG, ENDLESS = "x" * 201, "x" * 50_001
TITLE, DESCRIPTION, COMPLETED = ["body", "title"], ["body", "description"], ["body", "completed"]

type Case = tuple[bytes, list[tuple[str, Any]]]

NEW: dict[str, Case] = {
    "nothing": (b"", [("missing", ["body"])]),
    "no title": (b"{}", [("missing", TITLE)]),
    "title null": (b'{"title": null}', [("string_type", TITLE)]),
    "title and description": (b'{"description": 1}', [("missing", TITLE), ("string_type", DESCRIPTION)]),
    "completed is unknown": (b'{"completed": 1}', [("missing", TITLE)]),
}
ANY: dict[str, Case] = {
    "empty title": (b'{"title": ""}', [("string_too_short", TITLE)]),
    "long title": (b'{"title": "%s"}' % LONG.encode(), [("string_too_long", TITLE)]),
    "title not text": (b'{"title": ["x"]}', [("string_type", TITLE)]),
    "title with NUL": (rb'{"title": "\u0000"}', [("string_pattern_mismatch", TITLE)]),
    "title with half a pair": (rb'{"title": "\ud83e"}', [("string_unicode", TITLE)]),
    "title of Python's": (b'{"title": NaN}', [("string_type", TITLE)]),
    "endless description": (
        b'{"title": "x", "description": "%s"}' % ENDLESS.encode(),
        [("string_too_long", DESCRIPTION)],
    ),
    "several": (
        b'{"description": false, "title": ""}',
        [("string_too_short", TITLE), ("string_type", DESCRIPTION)],
    ),
    "last of two": (b'{"title": "x", "title": 1}', [("string_type", TITLE)]),
    "no object": (b"[]", [("model_attributes_type", ["body"])]),
    "null": (b"null", [("model_attributes_type", ["body"])]),
    "white space": (b" \n", [("json_invalid", ["body", 2])]),
    "no JSON": ('{"ü🧀": x}'.encode(), [("json_invalid", ["body", 7])]),
    "no JSON after a fault": (b'{"title": 1, x', [("json_invalid", ["body", 13])]),
    "too much": (b"{} {}", [("json_invalid", ["body", 3])]),
    "not UTF-8": ('{"title": "ü'.encode() + b"\xff", [("json_invalid", ["body", 12])]),
    "byte order mark": (b'\xef\xbb\xbf{"title": "x"}', [("json_invalid", ["body", 0])]),
    "number of Python's": (b'{"title": "x", "NaN": ["\\"", -Infinity]}', [("json_invalid", ["body", 29])]),
}
CHANGED: dict[str, Case] = {
    "completed in words": (b'{"completed": "yes"}', [("bool_type", COMPLETED)]),
    "completed in numbers": (b'{"completed": 1}', [("bool_type", COMPLETED)]),
    "everything": (
        b'{"completed": 0, "description": {}, "title": 1.5}',
        [("string_type", TITLE), ("string_type", DESCRIPTION), ("bool_type", COMPLETED)],
    ),
}
SETTINGS = settings(
    max_examples=int(EXAMPLES or 300),
    deadline=None,
    derandomize=EXAMPLES is None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("body", "expected"), (NEW | ANY).values(), ids=NEW | ANY)
async def test_every_fault_of_a_new_task_is_told(client, body: bytes, expected: Any):
    assert faults(await client.post("/tasks", content=body, headers=JSON)) == expected


@pytest.mark.parametrize(("body", "expected"), (CHANGED | ANY).values(), ids=CHANGED | ANY)
@pytest.mark.parametrize("task_id", [UNKNOWN, "1"])
async def test_every_fault_of_a_change_is_told_before_the_task_is_looked_for(client, task_id, body, expected):
    assert faults(await client.put(f"/tasks/{task_id}", content=body, headers=JSON)) == expected


@pytest.mark.parametrize("body", [b"", b"{}", b'{"title": "%s"}' % LONG.encode(), b"{", b"[]", b'{"title": 1}'])
async def test_the_same_fault_has_the_same_words_and_limits(client, first_server: FirstServer, body: bytes):
    async with httpx.AsyncClient(base_url=first_server.url, timeout=30) as first:
        theirs = (await first.post("/tasks", content=body, headers=JSON)).json()["detail"]
    ours = refused(await client.post("/tasks", content=body, headers=JSON), 422)["detail"]
    for fault in theirs:
        del fault["input"]  # which says back what was sent
    assert ours == theirs


@pytest.mark.parametrize("value", NOT_JSON)
async def test_the_place_is_that_of_the_first_wrong_character(write: Write, value: str):
    before = '{"title": "Buy milk", "unknown": '
    [(kind, place)] = faults(await write(f"{before}{value}}}".encode()))
    assert (kind, place[0]) == ("json_invalid", "body")
    assert len(before) <= int(place[1]) < len(before) + max(len(value), 1)


@pytest.mark.parametrize(
    "body",
    [b'{"title": 1, "title": "Buy milk"}', rb'{"title": "Buy milk", "unknown": "\ud800"}', b'{"title": "Buy milk"}'],
)
async def test_what_the_first_server_took_is_taken(write: Write, body: bytes):
    answer = await write(body)
    assert answer.status_code in (200, 201)
    assert answer.json()["title"] == "Buy milk"


async def test_a_member_of_a_thousand_digits_is_a_fault_like_any_other(write: Write):
    assert faults(await write(b'{"title": %s}' % (b"9" * 10_000))) == [("string_type", TITLE)]


async def test_a_refusal_that_is_replayed_lists_the_same_faults(client, task):
    for path in ("/tasks", f"/tasks/{task['id']}"):
        headers = {"idempotency-key": f"faults of {path}".replace(" ", "-")}
        request = {"json": {"title": "", "description": 1}, "headers": headers}
        method = "POST" if path == "/tasks" else "PUT"
        first, again = [await client.request(method, path, **request) for _ in range(2)]
        assert faults(first) == [("string_too_short", TITLE), ("string_type", DESCRIPTION)]
        assert again.json() == first.json()
        assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]


async def test_a_key_that_means_another_request_is_a_fault_of_its_header(client, task):
    headers = {"idempotency-key": "one-request"}
    assert (await client.post("/tasks", json={"title": "Once"}, headers=headers)).status_code == 201
    for method, path, body in [("POST", "/tasks", {"title": ""}), ("DELETE", f"/tasks/{task['id']}", None)]:
        answer = await client.request(method, path, json=body, headers=headers)
        assert faults(answer) == [("key-reused", ["header", "idempotency-key"])]


def cut(body: bytes, at: int, instead: bytes) -> bytes:
    """A body with a piece of something else in its middle, or only its beginning."""
    place = at % (len(body) + 1)
    return body[:place] + instead + (body[place + 1 :] if instead else b"")


damaged = st.builds(
    cut,
    bodies(tame),
    st.integers(0, 10_000),
    st.sampled_from([b"", b",", b"}", b'"', b"\\", b"{", b"[", b":", b"\x00", b"\xff", b"NaN", b"1e", b" "]),
)


@SETTINGS
@given(body=bodies(tame) | damaged, method=st.sampled_from(["POST", "PUT"]))
def test_whatever_is_sent_is_refused_as_the_first_server_refused_it(
    server: Server, first_server: FirstServer, body: bytes, method: str
):
    path = "/tasks" if method == "POST" else f"/tasks/{UNKNOWN}"
    with httpx.Client(timeout=30) as http:
        first, ours = [
            http.request(method, place.url + path, content=body, headers=JSON) for place in (first_server, server)
        ]
    if ours.status_code == 422:
        same_refusal(first, ours)
    else:
        assert ours.status_code == first.status_code
        assert ours.status_code == (201 if method == "POST" else 404)
