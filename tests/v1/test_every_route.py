"""What holds for every route: unknown members, other media types and hostile texts are refused, or harm nobody."""

import json
import re
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.contract.expect import refused
from tests.v1.routes import ask, example, filled, operations

HOSTILE = [
    "'; DROP TABLE tasks; --",
    "' OR '1'='1",
    '") OR 1=1 --',
    "$1",
    "%s%n{0}{title}",
    "\\' UNION SELECT * FROM pg_authid --",
    "a & b | !c <-> (d:*",
    "'a':* & \\",
    ':* <2> "',
    "%' ESCAPE '_",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "\u202e\ufeffx\u0000"[:3],
    "😀" * 50,
    "9" * 400,
    "-1",
    "1e999",
    "null",
]


@pytest.mark.parametrize(("method", "path", "operation"), operations(body=True))
async def test_members_that_nobody_knows_are_refused(client, server, rows, method, path, operation):  # noqa: PLR0917
    before = await rows("SELECT * FROM logs ORDER BY workspace_id")
    address = re.sub(r"{\w+}", str(uuid4()), path)
    for extra in ("colour", "Title", "workspace_id", "ordinal", "version", "__proto__", "", "x" * 5000):
        body = example(operation) | {extra: None}
        assert refused(await client.request(method, address, json=body), 422)["type"] == "invalid"
    assert await rows("SELECT * FROM logs ORDER BY workspace_id") == before


@pytest.mark.parametrize(("method", "path", "operation"), operations(body=True))
async def test_only_json_is_a_body(client, method, path, operation):
    address, body = re.sub(r"{\w+}", str(uuid4()), path), json.dumps(example(operation)).encode()
    kinds = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
    if method != "PATCH":
        kinds.append("application/merge-patch+json")
    for kind in kinds:
        answer = await client.request(method, address, content=body, headers={"content-type": kind} if kind else {})
        refused(answer, 415)
    for broken in (b"", b"{", b"[]", b"null", b"\xff", b'{"title": "\xff"}', b"[" * 20_000, b'"x"', b"{} {}"):
        headers = {"content-type": "application/json"}
        refused(await client.request(method, address, content=broken, headers=headers), 422)


@pytest.mark.parametrize(("method", "path", "operation"), operations())
async def test_hostile_texts_are_texts(client, rows, task, method, path, operation):  # noqa: PLR0917
    """In every parameter and every member: the answer is one that the document has, and nothing breaks."""
    allowed = {int(status) for status in operation["responses"]} - {500} | {404}
    places = [(given["name"], given["in"]) for given in operation.get("parameters", [])]
    body = example(operation)
    for text in HOSTILE:
        for name, where in places:
            address = in_path(path, name, text, task["id"])
            sent: dict[str, Any] = {"params": {name: text}} if where == "query" else {}
            sent |= {"headers": {name: text.encode()}} if where == "header" else {}
            answer = await ask(client, method, address, operation, json=body, **sent)
            assert answer.status_code in allowed, (name, text, answer.status_code)
        if body is not None:
            sent = {"json": filled(body, text, only=re.compile("(?s).*"))}
            answer = await ask(client, method, in_path(path, "", "", task["id"]), operation, **sent)
            assert answer.status_code in allowed, (text, answer.status_code)
    assert (await client.get("/health")).status_code == 200
    assert await rows("SELECT FROM pg_tables WHERE tablename = 'tasks'")


def in_path(path: str, name: str, text: str, task_id: str) -> str:
    """A path with the text in its one place, and elsewhere what is there."""
    others = {"task_id": task_id, "seq": "1"} | {name: quote(text, safe="")}
    return path.format(**others)


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) <= 200])
async def test_hostile_texts_are_kept_as_they_are(client, text):
    made = await client.post("/api/v1/tasks", json={"title": text, "description": text})
    assert (made.status_code, made.json()["title"], made.json()["description"]) == (201, text, text)
    address = f"/api/v1/tasks/{made.json()['id']}"
    assert (
        await client.patch(address, json={"title": f"{text}!"[-200:], "description": f"{text}!"})
    ).status_code == 200
    assert (await client.get(address)).json()["description"] == f"{text}!"
