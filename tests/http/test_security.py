"""The security headers, on every answer."""

import httpx
import pytest

from tests.contract.expect import UNKNOWN

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PAGES = ["/", "/open", "/some/deep/link", "/docs"]
API = [
    ("GET", "/tasks", 200),
    ("GET", f"/tasks/{UNKNOWN}", 405),
    ("PUT", "/tasks/1", 404),
    ("POST", "/tasks", 422),
    ("GET", "/health", 200),
    ("GET", "/health/live", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/api/nowhere", 404),
    ("GET", "/assets/nowhere.js", 404),
    ("GET", "/favicon.ico", 404),
    ("OPTIONS", "/tasks", 204),
    ("DELETE", "/", 405),
]


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    """What an answer's content security policy allows."""
    directives = [directive.split() for directive in answer.headers["content-security-policy"].split(";")]
    return {directive[0]: directive[1:] for directive in directives if directive}


async def answered(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    return await client.request(method, path, json={} if method in ("POST", "PUT") else None)


@pytest.mark.parametrize(("method", "path", "status"), [*API, *(("GET", page, 200) for page in [*PAGES, "/docs"])])
async def test_every_answer_has_the_security_headers_once(client, built, method: str, path: str, status: int):
    answer = await answered(client, method, path)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value]
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert len(answer.headers.get_list("cache-control")) == 1


@pytest.mark.parametrize(("method", "path", "status"), API)
async def test_answers_of_the_api_allow_nothing_and_are_kept_nowhere(client, method: str, path: str, status: int):
    answer = await answered(client, method, path)
    assert policy(answer) == {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
async def test_pages_run_only_what_comes_from_this_server(client, built, path: str):
    allowed = policy(await client.get(path))
    assert allowed["default-src"] == ["'none'"]
    assert allowed["frame-ancestors"] == ["'none'"]
    assert allowed["base-uri"] == ["'none'"]
    if path == "/docs":
        allowed["style-src"].remove("'unsafe-inline'")  # which that page alone has
    everything = {source for sources in allowed.values() for source in sources}
    assert everything == {"'self'", "'none'"}


async def test_an_unchanged_page_keeps_its_security_headers(client, built):
    tag = (await client.get("/")).headers["etag"]
    answer = await client.get("/", headers={"if-none-match": tag})
    assert answer.status_code == 304
    assert policy(answer)["default-src"] == ["'none'"]


@pytest.mark.parametrize("path", ["/", "/tasks", "/nowhere.html"])
async def test_no_answer_tells_what_serves_it(client, path: str):
    answer = await client.get(path)
    assert "server" not in answer.headers
    assert not any(name.startswith("x-powered") for name in answer.headers)
