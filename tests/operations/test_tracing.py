"""Traces: one span a request, one a statement, without a word of what people wrote; off, and absent, by default."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import execute
from tests.contract.expect import UNKNOWN
from tests.operations.collector import Collector, collecting
from tests.server import Server, environment
from tests.settings.conftest import said
from tests.waiting import wait_until

PARENT = "b7ad6b7169203331"
PRIVATE = "Zahnarzttermin"
SERVED = "import donebook.asgi, donebook.settings, sys; donebook.asgi.create_app(donebook.settings.load()); "
LOADED = "print(sum(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
WITHOUT_THE_EXTRA = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
sys.argv = ["donebook", "serve"]
from donebook.cli import main
main()
"""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(collector, make_database, tmp_path_factory) -> Iterator[Server]:
    """A server that sends its traces to the collector, soon after each request."""
    sending = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": 50}
    folder = tmp_path_factory.mktemp("traced")
    with Server(folder, DATABASE_URL=make_database(), TRACING="true", **sending) as running:
        yield running


def request(traced: Server, trace: str, method: str, path: str, **more: object) -> httpx.Response:
    headers = {"traceparent": f"00-{trace}-{PARENT}-01", "idempotency-key": f"{PRIVATE}-{uuid4()}"}
    return httpx.request(method, f"{traced.url}{path}", headers=headers, timeout=30, **more)  # type: ignore[arg-type]


def served(spans: list[Span]) -> list[Span]:
    """Those of requests."""
    return [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]


def attributes(span: Span) -> dict[str, object]:
    return {given.key: given.value.string_value or given.value.int_value for given in span.attributes}


def text(span: Span) -> str:
    return str(attributes(span))


@pytest.mark.parametrize(
    ("asked", "name", "status"),
    [
        (("POST", "/tasks", {"title": PRIVATE}), "POST /tasks", 201),
        (("GET", "/tasks", None), "GET /tasks", 200),
        (("HEAD", "/tasks", None), "HEAD /tasks", 200),
        (("DELETE", f"/tasks/{UNKNOWN}", None), "DELETE /tasks/{task_id}", 404),
    ],
)
def test_a_request_and_its_statement(collector, traced, asked, name, status):
    trace, (method, path, body) = uuid4().hex, asked
    assert request(traced, trace, method, path, json=body).status_code == status
    wait_until(lambda: served(collector.of(trace)))
    [outer] = served(collector.of(trace))
    assert outer.name == name
    assert outer.parent_span_id.hex() == PARENT
    assert attributes(outer)["http.response.status_code"] == status
    [inner] = [span for span in collector.of(trace) if re.search("(FROM|INTO|UPDATE) tasks", text(span))]
    assert inner.parent_span_id == outer.span_id
    assert inner.kind == Span.SPAN_KIND_CLIENT
    assert outer.start_time_unix_nano <= inner.start_time_unix_nano < inner.end_time_unix_nano


def test_nothing_that_people_wrote_is_sent(collector, traced):
    """Not even when the database refuses it, and quotes the row in its message."""
    url = traced.environment["DATABASE_URL"]
    asyncio.run(execute(url, f"ALTER TABLE tasks ADD CONSTRAINT refusing CHECK (title <> '{PRIVATE} today')"))
    traces = [uuid4().hex for _ in range(6)]
    refused = request(traced, traces[0], "POST", "/tasks", json={"title": f"{PRIVATE} today"})
    assert refused.status_code == 422
    created = request(traced, traces[1], "POST", "/tasks", json={"title": PRIVATE, "description": PRIVATE})
    task = created.json()["id"]
    request(traced, traces[2], "PUT", f"/tasks/{task}?{PRIVATE}", json={"description": f"{PRIVATE}!"})
    request(traced, traces[3], "PUT", f"/tasks/{PRIVATE}", json={"title": PRIVATE})
    request(traced, traces[4], "GET", f"/{PRIVATE}")
    request(traced, traces[5], "DELETE", f"/tasks/{task}")
    wait_until(lambda: all(served(collector.of(trace)) for trace in traces))
    for body in collector.arrived:
        assert PRIVATE.encode() not in body
        assert task.encode() not in body


@pytest.mark.parametrize(("tracing", "loaded"), [("false", False), ("true", True)])
def test_nothing_of_it_is_loaded_unless_it_is_asked_for(tmp_path, tracing, loaded):
    there = environment(DATABASE_URL="postgresql://u@127.0.0.1/d", TRACING=tracing)
    told = subprocess.run(
        [sys.executable, "-c", SERVED + LOADED], env=there, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (int(told.stdout) > 0) == loaded


def test_the_extra_has_to_be_installed(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA],
        env=environment(DATABASE_URL="postgresql://u@127.0.0.1:1/d", TRACING="true"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = said(run, 2)
    assert "TRACING" in line
    assert "uv sync --extra tracing" in line
