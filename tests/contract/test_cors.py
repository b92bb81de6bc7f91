"""CORS: pages on allowed origins may call everything, pages on any other get no CORS header at all."""

import httpx
import pytest

from tests.contract.expect import UNKNOWN
from tests.server import Server

EXPOSED = {"etag", "link", "retry-after", "x-request-id", "idempotency-replayed"}
FOREIGN = [
    *("https://evil.example", "http://evil.example:3000", "null", "http://localhost", "http://localhost:3001"),
    *(
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
        "http://localhost:3000/",
        "HTTP://LOCALHOST:3000",
    ),
    *("http://evil.example/http://localhost:3000", "http://127.0.0.1:3000", "http://localhost:30000", "*", "file://"),
    *("http://user@localhost:3000", "http://localhost:3000, http://evil.example", "localhost:3000", ""),
]
REQUESTS = [
    *(("GET", "/tasks"), ("POST", "/tasks"), ("PUT", f"/tasks/{UNKNOWN}"), ("DELETE", f"/tasks/{UNKNOWN}")),
    *(("GET", "/health"), ("GET", "/health/live"), ("GET", f"/tasks/{UNKNOWN}"), ("GET", "/api/nowhere")),
    *(("GET", "/openapi.json"), ("OPTIONS", "/tasks"), ("PATCH", "/tasks")),
]


@pytest.fixture(params=["http://localhost:3000", "http://localhost:{port}", "http://127.0.0.1:{port}"])
def origin(request: pytest.FixtureRequest, server: Server) -> str:
    """The origin of a page that may call."""
    allowed: str = request.param
    return allowed.format(port=server.port)


def cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def words(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",")}


@pytest.mark.parametrize(("method", "path"), REQUESTS)
async def test_a_page_on_an_allowed_origin_may_read_every_answer(client, origin: str, method: str, path: str):
    answer = await client.request(method, path, headers={"origin": origin})
    assert answer.headers.get_list("access-control-allow-origin") == [origin]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert words(answer.headers["access-control-expose-headers"]) == EXPOSED
    assert "origin" in words(answer.headers["vary"])


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_page_on_another_origin_gets_no_cors_headers_on_any_answer(client, origin, method: str, path: str):
    answer = await client.request(method, path, headers={"origin": origin})
    assert cors(answer) == {}
    assert "origin" in words(answer.headers["vary"])


@pytest.mark.parametrize("origin", FOREIGN)
async def test_an_origin_is_ours_only_to_the_letter(client, origin: str):
    assert cors(await client.get("/tasks", headers={"origin": origin})) == {}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000"])
async def test_a_foreign_name_of_this_server_is_not_its_own_origin(client, host: str):
    answer = await client.get("/tasks", headers={"host": host, "origin": f"http://{host}"})
    assert answer.status_code == 400
    assert cors(answer) == {}


async def test_what_is_not_a_page_gets_no_cors_headers(client):
    assert cors(await client.get("/tasks")) == {}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/tasks", f"/tasks/{UNKNOWN}", "/health"])
async def test_a_page_on_an_allowed_origin_is_told_that_it_may_call(client, origin: str, method: str, path: str):
    wanted = "content-type, if-match, idempotency-key, x-request-id"
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": wanted,
    }
    answer = await client.options(path, headers=headers)
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert method in answer.headers["access-control-allow-methods"].split(", ")  # `*` means nothing with credentials
    assert words(answer.headers["access-control-allow-headers"]) >= words(wanted)
    assert "origin" in words(answer.headers["vary"])


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_on_another_origin_is_not_told_that_it_may_call(client, origin: str):
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    answer = await client.options("/tasks", headers=headers)
    assert answer.status_code < 500
    assert cors(answer) == {}


async def test_asking_whether_one_may_call_does_nothing(client, origin: str, task):
    headers = {"origin": origin, "access-control-request-method": "DELETE"}
    await client.options(f"/tasks/{task['id']}", headers=headers)
    assert (await client.get("/tasks")).json() == [task]
