"""The web app's page: at `/` and at every address that only it knows, never at one of the API's."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.contract.expect import refused
from tests.server import Server

DEEP_LINKS = [
    "/open",
    "/done",
    "/lists/today",
    "/a/b/c/d",
    "/open/",
    "/open?x=1",
    "/caf%C3%A9",
    "/%00",
    "/tasksandmore",
]
OF_THE_API = [
    "/api",
    "/api/",
    "/api/v1",
    "/api/v1/task",
    "/api/v1/tasks/1/2",
    "/api/nowhere.html",
    "/health/nowhere",
    "/tasks/1/2",
]
MISSING_FILES = ["/nowhere.js", "/nowhere.map", "/robots.txt", "/a/b.css", "/.env", "/x/.env", "/assets/nowhere.js"]


class Unbuilt(Server):
    """A Donebook whose code is elsewhere than in this checkout."""

    command = [sys.executable, "-c", "from donebook.cli import main; main()", "serve"]


@pytest.fixture
async def page(client, built) -> str:
    text: str = (built / "index.html").read_text()
    return text


async def test_the_page_is_at_the_root(client, page: str):
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == page


@pytest.mark.parametrize("path", DEEP_LINKS)
async def test_a_deep_link_gives_the_page(client, page: str, path: str):
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == page


@pytest.mark.parametrize("path", ["/", *DEEP_LINKS])
async def test_the_page_is_asked_for_anew_each_time_and_not_sent_again(client, page: str, path: str):
    first = await client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("path", OF_THE_API)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_an_unknown_address_of_the_api_is_never_the_page(client, built, path: str, accept: str):
    refused(await client.get(path, headers={"accept": accept}), 404)


@pytest.mark.parametrize("path", MISSING_FILES)
async def test_a_file_that_is_not_there_is_not_the_page(client, built, path: str):
    refused(await client.get(path), 404)


@pytest.mark.parametrize("path", ["/open", "/api/nowhere", "/nowhere.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_an_address_of_the_page_takes_nothing(client, built, path: str, method: str):
    refused(await client.request(method, path, json={}), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_the_page_itself_takes_nothing(client, built, method: str):
    answer = await client.request(method, "/", json={})
    refused(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/docs", "/open"])
async def test_head_is_get_without_the_body(client, built, path: str):
    got, headed = await client.get(path), await client.head(path)
    assert headed.status_code == 200
    assert headed.content == b""
    for name in (
        "content-type",
        "content-length",
        "content-encoding",
        "etag",
        "cache-control",
        "content-security-policy",
    ):
        assert headed.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize(
    "target",
    ["/../pyproject.toml", "/assets/../index.html.br", "/assets/..%2f..%2f..%2fpyproject.toml", "/%2e%2e/%2e%2e/.env"],
)
async def test_no_address_leads_out_of_the_folder(client, built, target: str):
    answer = await client.request("GET", "/", extensions={"target": target.encode()})
    assert answer.status_code in (400, 404)


async def test_the_docs_are_a_page_of_their_own_made_of_this_servers_files(client, built):
    answer = await client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    named = re.findall(r'(?:src|href|data-url)="([^"]+)"', answer.text)
    assert {Path(name).suffix for name in named} == {".js", ".css", ".svg", ".json"}
    for name in named:
        assert name.startswith("/assets/") or name == "/openapi.json"
        assert (await client.get(name)).status_code == 200
    assert "//" not in answer.text
    assert [text for text in re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.DOTALL) if text] == []


@pytest.mark.parametrize("path", ["/docs/nowhere", "/openapi.json/nowhere"])
async def test_the_docs_and_the_document_have_nothing_below_them(client, path: str):
    refused(await client.get(path), 404)


def test_without_a_build_the_pages_say_so(checkout: Path, make_database: Callable[[], str], tmp_path: Path):
    for folder in ("src", "migrations"):
        shutil.copytree(checkout / folder, tmp_path / folder)
    with Unbuilt(tmp_path, DATABASE_URL=make_database(), PYTHONPATH=tmp_path / "src") as server:
        for path in ("/", "/docs", "/open"):
            answer = httpx.get(server.url + path, verify=NO_TLS)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert "make build" in answer.text
        assert httpx.get(f"{server.url}/openapi.json", verify=NO_TLS).status_code == 200


async def test_the_openapi_document_is_json(client):
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")
