"""A page of another origin may not write, whatever it sends; programs, own pages and allowed ones may."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.hostile.conftest import ALLOWED_ORIGIN, NAME
from tests.hostile.writes import READS, TASKS, WRITES, Operation, targets
from tests.server import Server
from tests.v1.routes import ask

type Stored = Callable[[], Awaitable[list[Any]]]

OWN = "http://127.0.0.1:{port}"
ALLOWED = {
    "no browser": {},
    "an own page": {"sec-fetch-site": "same-origin", "origin": OWN},
    "an own page without an origin": {"sec-fetch-site": "same-origin"},
    "an address that was typed": {"sec-fetch-site": "none"},
    "an own page of an old browser": {"origin": OWN},
    "an own page by another name": {"host": "localhost:{port}", "origin": OWN},
    "an own page by another name, as browsers say it": {
        "host": "localhost:{port}",
        "origin": OWN,
        "sec-fetch-site": "cross-site",
    },
    "an allowed page": {"origin": ALLOWED_ORIGIN, "sec-fetch-site": "cross-site"},
    "an allowed page nearby": {"origin": ALLOWED_ORIGIN, "sec-fetch-site": "same-site"},
    "an allowed page of an old browser": {"origin": ALLOWED_ORIGIN},
    "a name": {"host": NAME, "origin": f"http://{NAME}"},
    "a name and a port": {"host": f"{NAME}:8080", "origin": f"http://{NAME}:8080"},
    "a proxy that ends TLS": {"host": NAME, "origin": f"https://{NAME}"},
    "a proxy that ends TLS on a port": {"host": f"{NAME}:8443", "origin": f"https://{NAME}:8443"},
    "a default port": {"host": f"{NAME}:80", "origin": f"http://{NAME}"},
    "a default port of TLS": {"host": f"{NAME}:443", "origin": f"https://{NAME}"},
    "capitals": {"host": NAME.upper(), "origin": f"http://{NAME}"},
    "an address of IPv6": {"host": "[::1]:{port}", "origin": "http://[::1]:{port}"},
    "an address of IPv6 on another port": {"host": "[::1]:8080", "origin": "http://[::1]:8080"},
}
FOREIGN = {
    "another site": {"sec-fetch-site": "cross-site"},
    "another site and its origin": {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    "another origin nearby": {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:1"},
    "another site without an origin of its own": {"sec-fetch-site": "cross-site", "origin": "null"},
    "what nobody says": {"sec-fetch-site": "elsewhere"},
    "another origin": {"origin": "https://evil.example"},
    "no origin of its own": {"origin": "null"},
    "no origin of its own, to a name": {"host": NAME, "origin": "null"},
    "another port": {"origin": "http://127.0.0.1:1"},
    "another port of a name": {"host": NAME, "origin": f"http://{NAME}:8080"},
    "no port": {"host": f"{NAME}:8080", "origin": f"http://{NAME}"},
    "a name below": {"host": NAME, "origin": f"https://evil.{NAME}"},
    "a name that ends so": {"host": NAME, "origin": f"https://evil-{NAME}"},
    "a name that begins so": {"host": NAME, "origin": f"https://{NAME}.evil.example"},
    "a user of that name": {"host": NAME, "origin": f"https://{NAME}@evil.example"},
    "a path of that name": {"host": NAME, "origin": f"https://evil.example/{NAME}"},
    "an address of IPv6": {"host": "[::1]:8080", "origin": "http://[::2]:8080"},
    "an allowed name without TLS": {"origin": ALLOWED_ORIGIN.replace("https", "http")},
    "an allowed name on another port": {"origin": f"{ALLOWED_ORIGIN}:8443"},
    "a name that begins as an allowed one": {"origin": f"{ALLOWED_ORIGIN}.evil.example"},
    "an origin behind an allowed one": {"origin": f"{ALLOWED_ORIGIN}, https://evil.example"},
    "a file": {"origin": "file://"},
    "an extension": {"origin": "chrome-extension://abcdefghijklmnop"},
    "a name without a scheme": {"host": NAME, "origin": NAME},
    "anything": {"origin": "*"},
}


def said(headers: dict[str, str], site: Server) -> dict[str, str]:
    return {name: value.format(port=site.port) for name, value in headers.items()}


def refused(answer: httpx.Response) -> None:
    """The answer is the problem `cross-origin`, which the page cannot read."""
    assert answer.status_code == 403, answer.text
    assert answer.json()["type"] == "cross-origin"
    assert answer.headers["x-request-id"]
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("name", ALLOWED)
async def test_programs_own_pages_and_allowed_ones_write(site: Server, own, name: str):
    answer = await own.post("/tasks", json={"title": "Allowed"}, headers=said(ALLOWED[name], site))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", FOREIGN)
async def test_pages_of_other_origins_do_not(site: Server, own, stored: Stored, name: str):
    before = await stored()
    refused(await own.post("/tasks", json={"title": "Foreign"}, headers=said(FOREIGN[name], site)))
    refused(await own.post("/tasks", headers=said(FOREIGN[name], site)))
    assert await stored() == before


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}], ids=str)
@pytest.mark.parametrize("operation", WRITES, ids=lambda it: it.id)
async def test_no_write_is_open_to_them(own, stored: Stored, operation: Operation, headers: dict[str, str]):
    method, path, body = (await targets(own)).of(operation)
    before = await stored()
    refused(await own.request(method, path, headers=headers))
    refused(await own.request(method, path, json=body, headers=headers))
    refused(await own.request(method, path, json=body, headers=headers | {"if-match": "*", "idempotency-key": path}))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        refused(await own.request(method, path, content=b"{}", headers=headers | {"content-type": kind}))
    assert await stored() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "MKCOL"])
@pytest.mark.parametrize("path", ["/", "/docs", "/nowhere", "/api/v1/nowhere", "/metrics", "/health/live", "/a%2fb"])
async def test_nor_is_any_other_address(own, method: str, path: str):
    refused(await own.request(method, path, headers={"origin": "null"}))


@pytest.mark.parametrize("headers", [*FOREIGN.values()], ids=FOREIGN)
async def test_they_may_ask_as_links_do(site: Server, own, headers: dict[str, str]):
    """What they read, their browser keeps from them: `tests/contract/test_cors.py`."""
    for method, path in (("GET", "/tasks"), ("HEAD", "/tasks"), ("OPTIONS", "/tasks"), ("GET", "/health/live")):
        answer = await own.request(method, path, headers=said(headers, site))
        assert answer.status_code != 403, (method, path)
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("operation", READS, ids=lambda it: it.id)
async def test_every_read_answers_them_as_it_answers_others(own, operation: Operation):
    path = (await targets(own)).of(operation).path
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = await ask(own, "GET", path, operation.described, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_refused_write_leaves_its_key_unused(own):
    headers = {"idempotency-key": "not-used-by-others"}
    refused(await own.post(TASKS, json={"title": "Foreign"}, headers=headers | {"origin": "https://evil.example"}))
    answer = await own.post(TASKS, json={"title": "Own"}, headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (201, "Own")
    assert "idempotency-replayed" not in answer.headers
