"""What a key may look like, where it counts, and what pages and programs are told about it."""

import asyncio
import json
from uuid import uuid4

import pytest

from tests.contract.expect import UNKNOWN, refused
from tests.keys.conftest import alike, replayed

LONGEST = 255
MALFORMED = {
    "empty": b"",
    "empty in quotes": b'""',
    "half a pair of quotes": b'"',
    "too long": b"k" * (LONGEST + 1),
    "too long in quotes": b'"' + b"k" * (LONGEST + 1) + b'"',
    "two words": b"one two",
    "two words in quotes": b'"one two"',
    "tab": b"one\ttwo",
    "latin-1": "clé".encode("latin-1"),
    "utf-8": "clé".encode(),
    "no-break space": b"one\xa0two",
}
HOSTILE = [
    *(
        "'",
        '"x',
        "'';DROP/**/TABLE/**/tasks;--",
        "$1",
        "%s",
        "%(key)s",
        "{key}",
        "\\",
        "\\'",
        "\\u0000",
        "%00",
        "\\x00",
    ),
    *("null", "[]", "{}", "../..", "*", "<script>", "a,b", "a;b=c", "?1", ":AQID:", "(a)", "k" * LONGEST),
]


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_malformed_key_is_refused_and_nothing_is_written(client, task, method, text):
    path = "/tasks" if method == "POST" else f"/tasks/{task['id']}"
    body = None if method == "DELETE" else {"title": "Never stored"}
    answer = await client.request(method, path, json=body, headers=[(b"Idempotency-Key", text)])
    assert refused(answer, 400)["type"] == "bad-key"
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("second", ["the-same", "another"])
async def test_two_keys_are_refused(client, second):
    headers = [("Idempotency-Key", "the-same"), ("Idempotency-Key", second)]
    answer = await client.post("/tasks", json={"title": "Never stored"}, headers=headers)
    assert refused(answer, 400)["type"] == "bad-key"
    assert (await client.get("/tasks")).json() == []


@pytest.mark.parametrize("control", [b"\x01", b"\x0b", b"\x7f", b"\0"])
async def test_a_control_character_is_refused(client, server, control):
    """On a bare socket: clients do not let it through."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n"
    writer.write(head + b"Idempotency-Key: a" + control + b'b\r\nConnection: close\r\n\r\n{"title":"x"}')
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400
    assert (await client.get("/tasks")).json() == []


async def test_quotes_are_no_part_of_the_key(client, key):
    """The draft has the key as a quoted string (RFC 8941); most clients send it bare."""
    forms = [key, f'"{key}"', key, f'"{key}"']
    answers = [await client.post("/tasks", json={"title": "x"}, headers={"idempotency-key": form}) for form in forms]
    assert all(alike(answer, answers[0]) for answer in answers)
    assert [replayed(answer) for answer in answers] == [False, True, True, True]


async def test_case_and_length_tell_keys_apart(client):
    stem = str(uuid4())
    keys = [f"{stem}-a", f"{stem}-A", f"{stem}-aa", f"{stem}-a." + "a" * (LONGEST - len(stem) - 3)]
    ids = [(await client.post("/tasks", json={"title": "x"}, headers={"idempotency-key": key})).json() for key in keys]
    assert len({task["id"] for task in ids}) == len(keys)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_key_is_a_key(client, text):
    unused = f"{text}{uuid4()}"[-LONGEST:]
    headers = {"idempotency-key": unused}
    first, second = [await client.post("/tasks", json={"title": "x"}, headers=headers) for _ in range(2)]
    assert first.status_code == 201
    assert alike(second, first)
    assert [replayed(first), replayed(second)] == [False, True]
    assert (await client.get("/tasks")).json() == [first.json()]


@pytest.mark.parametrize("text", [b"k", b"", b"one two", b"\xe9"])
async def test_a_request_that_only_reads_ignores_it(client, task, text):
    for path in ("/tasks", "/health", "/health/live"):
        answers = [await client.get(path, headers=[(b"Idempotency-Key", text)]) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert not any(replayed(answer) for answer in answers)


async def test_pages_may_send_it_and_see_what_came_of_it(client, key):
    page = {"origin": "http://localhost:3000"}
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "idempotency-key"}
    preflight = await client.options("/tasks", headers=page | asking)
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"].lower()
    for _ in range(2):
        answer = await client.post("/tasks", json={"title": "x"}, headers=page | {"idempotency-key": key})
    assert replayed(answer)
    assert "idempotency-replayed" in answer.headers["access-control-expose-headers"].lower()


async def test_the_document_describes_it_where_it_counts_and_only_there(client):
    document = (await client.get("/openapi.json")).json()
    found = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [given["name"].lower() for given in operation.get("parameters", [])]
            if "idempotency-key" not in names:
                continue
            found.add((path, method))
            [parameter] = [given for given in operation["parameters"] if given["name"].lower() == "idempotency-key"]
            assert parameter["in"] == "header"
            assert not parameter.get("required")
            answers = operation["responses"]
            assert "bad-key" in json.dumps(answers["400"])
            assert "key-in-flight" in json.dumps(answers["409"])
            assert "key-reused" in json.dumps(answers["422"])
            stored = {status for status in answers if status.startswith("2") or status in ("404", "422")}
            assert {status for status in answers if "Idempotency-Replayed" in answers[status]["headers"]} == stored
    writes = {(path, method) for path, methods in document["paths"].items() for method in methods if method != "get"}
    assert found == writes


async def test_what_was_not_understood_leaves_the_key_free(client, key):
    """400, 405, 413 and 415 say nothing about the task: the request can be put right under the same key."""
    headers = {"idempotency-key": key}
    assert (await client.post("/tasks", json={}, headers=headers | {"host": "evil.example"})).status_code == 400
    assert (await client.patch(f"/tasks/{UNKNOWN}", json={}, headers=headers)).status_code == 405
    assert (await client.post("/tasks", content=b"x" * 1_100_000, headers=headers)).status_code == 413
    assert (await client.post("/tasks", content=b"{}", headers=headers)).status_code == 415
    answer = await client.post("/tasks", json={"title": "x"}, headers=headers)
    assert answer.status_code == 201
    assert not replayed(answer)
