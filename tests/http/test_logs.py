"""Logs: one structured line a request."""

import json
import os
import subprocess
import sys
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import pytest

from tests.contract.expect import UNKNOWN
from tests.http.conftest import lines, logged
from tests.server import Server

MEMBERS = {"event", "level", "logger", "timestamp", "method", "path", "status", "ms", "request_id"}
REQUESTS: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("GET", "/tasks", {}, "/tasks", 200),
    ("GET", "/tasks?x=1", {}, "/tasks", 200),
    ("POST", "/tasks", {"json": {"title": "Buy milk"}}, "/tasks", 201),
    ("POST", "/tasks", {"json": {}}, "/tasks", 422),
    ("PUT", f"/tasks/{UNKNOWN}", {"json": {}}, "/tasks/{task_id}", 404),
    ("DELETE", "/tasks/not-a-uuid", {}, "/tasks/{task_id}", 404),
    ("PATCH", "/tasks", {}, "-", 405),
    ("GET", "/health", {}, "/health", 200),
    ("GET", "/health/live", {}, "/health/live", 200),
    ("GET", "/", {}, "/", 200),
    ("GET", "/a/deep/link", {}, "-", 200),
    ("GET", "/api/nowhere", {}, "-", 404),
    ("GET", "/assets/nowhere", {}, "/assets/{name}", 404),
    ("GET", "/tasks", {"headers": {"host": "evil.example"}}, "-", 400),
    ("OPTIONS", "/tasks", {}, "/tasks", 204),
    ("HEAD", "/", {}, "/", 200),
]
numbers = count(1)


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: f"{asked[0]} {asked[1]} {asked[4]}")
async def test_a_request_is_one_line(client, server: Server, built, asked: tuple[str, str, dict[str, Any], str, int]):
    method, path, options, template, status = asked
    request_id = f"log-{next(numbers)}"
    headers = options.get("headers", {}) | {"x-request-id": request_id}
    answer = await client.request(method, path, **options | {"headers": headers})
    assert answer.status_code == status
    await client.get("/health/live", headers={"x-request-id": f"{request_id}-next"})
    logged(server, f"{request_id}-next")

    [line] = logged(server, request_id)
    assert set(line) == MEMBERS
    assert (line["method"], line["path"], line["status"]) == (method, template, status)
    assert 0 <= line["ms"] < 60_000
    assert line["level"] == "info"
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


async def test_every_line_on_a_pipe_is_json_or_the_banner(server: Server):
    banner = [line for line in server.log().splitlines() if not line.startswith("{")]
    assert all(line == "" or line.startswith("  ") for line in banner)
    assert lines(server)


def test_warnings_only_log_no_requests(tmp_path, database_url: str):
    with Server(tmp_path, DATABASE_URL=database_url, LOG_LEVEL="warning") as quiet:
        assert httpx.get(f"{quiet.url}/health").status_code == 200
        assert httpx.get(f"{quiet.url}/tasks/1").status_code == 405
    assert [line for line in lines(quiet) if line["level"] not in ("warning", "error")] == []


def test_text_is_for_people(tmp_path, database_url: str):
    with Server(tmp_path, DATABASE_URL=database_url, LOG_FORMAT="text") as plain:
        httpx.get(f"{plain.url}/health", headers={"x-request-id": "plain-1"})
        httpx.get(f"{plain.url}/health", headers={"x-request-id": "plain-2"})
    line = next(line for line in plain.log().splitlines() if "plain-1" in line)
    for word in ("GET", "/health", "200"):
        assert word in line
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)


WRITE_LINES = """
import os
from donebook import logs
from donebook.settings import Settings
logs.configure(Settings(log_format="json"))
for _ in range(2):
    logs.request("GET", "/tasks", 200, ms=1.0, request_id="one", open_s=None)
print("answered", flush=True)
os._exit(0)
"""


def test_a_line_that_cannot_be_written_is_no_error_of_the_request():
    """Whoever read the log has gone, or its disk is full: the request was answered all the same."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nowhere:
        run = subprocess.run([sys.executable, "-c", WRITE_LINES], stdout=subprocess.PIPE, stderr=nowhere, check=False)
    assert run.stdout == b"answered\n"
