"""`X-Request-ID`: taken from the request or made, returned, and carried by errors and the log."""

import asyncio

import pytest

from tests.contract import wire
from tests.http.conftest import logged
from tests.server import Server

GOOD = ["a", "4f1c0d7b9a3e", "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e", "A-Z_a.z~0+9/=", "x" * 128]
BAD = ["", "a b", "x" * 129, "x" * 10_000, '"><script>', "a,b", "a;b", "a\tb", "é", "\udcff", "{}", "%0d%0aX:1", "a\\b"]
PATHS = ["/tasks", "/health", "/health/live", "/", "/nowhere", "/api/nowhere", "/tasks/1", "/openapi.json", "/docs"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_a_request_id(client, path: str):
    answer = await client.get(path)
    assert len(answer.headers.get_list("x-request-id")) == 1
    assert 8 <= len(answer.headers["x-request-id"]) <= 128


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("given", GOOD)
async def test_a_given_request_id_is_returned(client, given: str, path: str):
    assert (await client.get(path, headers={"x-request-id": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", BAD)
async def test_a_request_id_that_could_do_harm_is_replaced(server: Server, given: str):
    answer = wire.exchange(server.url, wire.request("GET", "/api/v1/tasks/1", f"X-Request-ID: {given}"))
    made = answer.headers["x-request-id"]
    assert made.isalnum()
    assert made.isascii()
    assert len(made) >= 16
    assert answer.json()["request_id"] == made


async def test_no_two_requests_have_the_same_id(client):
    answers = await asyncio.gather(*(client.get("/health/live") for _ in range(100)))
    assert len({answer.headers["x-request-id"] for answer in answers}) == 100


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/tasks", {"headers": {"host": "evil.example"}}),
        ("DELETE", "/tasks/1", {}),
        ("PATCH", "/tasks", {}),
        ("POST", "/tasks", {"json": {}}),
        ("DELETE", "/api/v1/tasks/1", {}),
        ("PATCH", "/api/v1/tasks", {}),
        ("POST", "/api/v1/tasks", {"json": {}}),
        ("POST", "/tasks", {"content": b"x" * 1_100_000, "headers": {"content-type": "application/json"}}),
        ("POST", "/tasks", {"content": b"x"}),
    ],
)
async def test_errors_carry_the_request_id_in_body_header_and_log(client, server, method: str, path: str, options):
    given = f"err-{method}-{len(path)}-{len(str(options))}-{len(options)}"
    headers = options.pop("headers", {}) | {"x-request-id": given}
    answer = await client.request(method, path, headers=headers, **options)
    assert answer.status_code >= 400
    bare = path.startswith("/tasks") and answer.status_code in (404, 405, 422)  # where the body is `detail` alone
    assert answer.json().get("request_id") == (None if bare else given)
    assert answer.headers["x-request-id"] == given
    [line] = logged(server, given)
    assert line["status"] == answer.status_code
