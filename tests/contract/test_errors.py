"""Every error body is a JSON object with a readable `detail`, as the first server sent it under `/tasks`."""

from typing import Any

import httpx
import pytest

from tests.contract.expect import UNKNOWN, refused, under_tasks

KINDS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "foreign host": (400, "GET", "/tasks", {"headers": {"host": "evil.example"}}),
    "unknown task": (404, "PUT", f"/tasks/{UNKNOWN}", {"json": {}}),
    "unknown task to delete": (404, "DELETE", f"/tasks/{UNKNOWN}", {}),
    "id that is not a UUID": (404, "DELETE", "/tasks/1", {}),
    "unknown path": (404, "POST", "/nowhere", {"json": {}}),
    "unknown path of the API": (404, "GET", "/api/v1/nowhere", {}),
    "below tasks": (404, "GET", f"/tasks/{UNKNOWN}/nowhere", {}),
    "encoded slash": (404, "PUT", "/tasks/a%2Fb", {"json": {}}),
    "like tasks": (404, "POST", "/tasksx", {"json": {}}),
    "below health": (404, "GET", "/health/nowhere", {}),
    "single read": (405, "GET", f"/tasks/{UNKNOWN}", {}),
    "wrong method": (405, "PATCH", "/tasks", {"json": {}}),
    "too large": (413, "POST", "/tasks", {"json": {"title": "x" * 2_000_000}}),
    "not JSON": (415, "POST", "/tasks", {"content": b"x", "headers": {"content-type": "text/plain"}}),
    "no title": (422, "POST", "/tasks", {"json": {}}),
    "wrong member": (422, "PUT", f"/tasks/{UNKNOWN}", {"json": {"completed": "yes"}}),
    "no body": (422, "POST", "/tasks", {}),
}


@pytest.fixture(params=KINDS)
async def refusal(request: pytest.FixtureRequest, client: httpx.AsyncClient) -> tuple[int, httpx.Response]:
    """An error of each kind."""
    status, method, path, options = KINDS[request.param]
    return status, await client.request(method, path, **options)


async def test_an_error_is_a_json_object_with_a_readable_detail(refusal):
    status, answer = refusal
    body = refused(answer, status)
    bare = under_tasks(answer.request) and status in (404, 405, 422)
    assert set(body) == ({"detail"} if bare else {"type", "title", "status", "detail", "request_id"})
    assert all(body[name] for name in body)
    assert answer.headers["x-request-id"]


async def test_a_detail_never_speaks_of_our_insides(refusal):
    _, answer = refusal
    words = answer.text.lower()
    for inside in ("traceback", "msgspec", "litestar", "sqlalchemy", "regex", "\\u", "codec", ".py", "none"):
        assert inside not in words


async def test_an_error_is_never_kept_in_a_cache(refusal):
    _, answer = refusal
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", [b'{"title": "a\\u0000"}', b'{"title": "\\ud800"}', b'{"title": "\xff"}', b"", b" "])
async def test_what_is_wrong_with_a_text_is_said_in_words(client, body: bytes):
    answer = await client.post("/tasks", content=body, headers={"content-type": "application/json"})
    refused(answer, 422)
    for inside in ("regex", "codec", "truncated", "utf-16"):
        assert inside not in answer.text


async def test_a_detail_does_not_say_back_what_was_written(client):
    for body in (
        {"title": "canary" * 40},
        {"title": 1, "description": "canary"},
        {"title": "x", "description": ["canary"]},
        {"title": "", "canary": 1},
    ):
        assert "canary" not in (await client.post("/tasks", json=body)).text
