"""`HEAD` is answered wherever `GET` is: its head, and nothing behind that (RFC 9110, section 9.3.2)."""

import json
from itertools import count

import httpx
import pytest

from tests.conftest import execute
from tests.contract.expect import UNKNOWN
from tests.hostile.connection import Connection, request
from tests.http.conftest import logged
from tests.server import ROOT, Server

DOCUMENT = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"]
READS = [path for path, methods in DOCUMENT.items() if "get" in methods]
STREAMS = ["/api/v1/changes/stream", "/api/v1/changes/stream?after=0", "/api/v1/snapshot"]
CHANGING = ["/metrics"]  # which counts the request before it
OTHERS = [
    *("/", "/docs", "/a/deep/link", "/openapi.json", "/assets/nothing", "/api/v1/nothing", "/tasks?x=1"),
    *("/api/v1/tasks?q=milk", "/api/v1/tasks?limit=0", "/api/v1/changes?after=nonsense"),
    *("/api/v1/changes/stream?after=nonsense", "/api/v1/changes/stream?x=1", "/api/v1/snapshot?x=1"),
    *(f"/api/v1/tasks/{UNKNOWN}", "/api/v1/tasks/nonsense"),
]
UNLIKE = {"x-request-id", "date", "transfer-encoding"}  # the last is of a body only
WRITES = ["/tasks/{task_id}", "/api/v1/batch", "/api/v1/undo", "/api/v1/tasks/{task_id}/restore"]
numbers = count(1)


def head_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in UNLIKE}


@pytest.fixture
async def task(client: httpx.AsyncClient) -> str:
    """The id of a task that is there."""
    return str((await client.post("/tasks", json={"title": "Buy milk"})).json()["id"])


@pytest.mark.parametrize("path", [*READS, *OTHERS, *STREAMS])
async def test_it_is_the_head_of_the_get(client: httpx.AsyncClient, built, task: str, path: str):
    address = path.format(task_id=task)
    async with client.stream("GET", address) as asked:
        pass
    head = await client.head(address)
    assert (head.status_code, head.content) == (asked.status_code, b"")
    if path not in CHANGING:
        assert head_of(head) == head_of(asked)
    assert ("content-length" in head.headers) is (path not in STREAMS)


async def test_a_tag_that_is_known_is_known_to_it_too(client: httpx.AsyncClient, task: str):
    address = f"/api/v1/tasks/{task}"
    tag = (await client.head(address)).headers["etag"]
    assert tag == (await client.get(address)).headers["etag"]
    assert (await client.head(address, headers={"if-none-match": tag})).status_code == 304


@pytest.mark.parametrize("path", ["/tasks", "/api/v1/tasks", "/health/live", "/openapi.json", "/", "/api/v1/nothing"])
def test_not_a_byte_of_a_body_is_sent(server: Server, built, path: str):
    with Connection(server) as connection:
        connection.send(request("HEAD", path), request("GET", "/health/live"))
        assert connection.answer("HEAD").headers["content-length"] != "0"
        assert connection.answer().json() == {"status": "alive"}


@pytest.mark.parametrize("path", WRITES)
async def test_where_get_is_not_allowed_it_is_not_either(client: httpx.AsyncClient, task: str, path: str):
    address = path.format(task_id=task)
    answer = await client.head(address)
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["allow"] == (await client.get(address)).headers["allow"]
    assert "HEAD" not in answer.headers["allow"]
    assert "HEAD" not in (await client.options(address)).headers["allow"]


@pytest.mark.parametrize("path", [*READS, "/", "/docs", "/openapi.json"])
async def test_what_is_allowed_includes_it(client: httpx.AsyncClient, task: str, path: str):
    address = path.format(task_id=task)
    listed = (await client.options(address)).headers["allow"].split(", ")
    assert {"GET", "HEAD"} <= set(listed)
    refusal = await client.request("PROPFIND", address)
    assert (refusal.status_code, refusal.headers["allow"].split(", ")) == (405, listed)


@pytest.mark.parametrize("path", STREAMS)
async def test_no_stream_runs_and_no_connection_is_held_or_lost(client: httpx.AsyncClient, server: Server, path: str):
    url = server.environment["DATABASE_URL"]
    backends = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    sent = "donebook_stream_events_total"
    await client.head(path)
    before = {row["pid"] for row in await execute(url, backends)}
    told = await metrics(client)
    for _ in range(20):
        assert (await client.head(path)).status_code == 200
    after = await metrics(client)
    assert (after["donebook_stream_subscribers"], after["donebook_pool_connections_in_use"]) == (0, 0)
    assert after[sent] == told[sent]
    assert before <= {row["pid"] for row in await execute(url, backends)}


async def test_the_log_says_head(client: httpx.AsyncClient, server: Server, task: str):
    name = f"head-{next(numbers)}"
    await client.head(f"/api/v1/tasks/{task}", headers={"x-request-id": name})
    await client.get("/health/live", headers={"x-request-id": f"{name}-next"})
    logged(server, f"{name}-next")
    [line] = logged(server, name)
    assert (line["method"], line["path"], line["status"]) == ("HEAD", "/api/v1/tasks/{task_id}", 200)


async def metrics(client: httpx.AsyncClient) -> dict[str, float]:
    """What is counted without labels."""
    lines = [line.split(" ") for line in (await client.get("/metrics")).text.splitlines()]
    return {line[0]: float(line[1]) for line in lines if len(line) == 2 and "{" not in line[0]}
