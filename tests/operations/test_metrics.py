"""`/metrics`: what is counted is right, names no task, and costs the database nothing."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.contract.expect import UNKNOWN
from tests.keys.conftest import holding
from tests.operations.conftest import counted
from tests.waiting import until

REQUESTS, SECONDS = "donebook_requests_total", "donebook_request_duration_seconds_count"
ROUTES = {"/tasks", "/tasks/{task_id}", "/health", "/health/live", "/health/ready", "/metrics", "/openapi.json"}
PRIVATE = "Zahnarzttermin"


async def test_it_is_what_prometheus_reads(http):
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = await counted(http)
    ours = [family for family in found.families if family.name.startswith("donebook_")]
    assert len(ours) > 8
    for family in ours:
        assert family.type in ("counter", "gauge", "histogram")
        assert family.documentation


@pytest.mark.parametrize(
    ("request_", "route", "status"),
    [
        (("GET", "/tasks", None), "/tasks", 200),
        (("POST", "/tasks", {"title": PRIVATE}), "/tasks", 201),
        (("POST", "/tasks", {"title": ""}), "/tasks", 422),
        (("PUT", f"/tasks/{UNKNOWN}", {"title": PRIVATE}), "/tasks/{task_id}", 404),
        (("DELETE", f"/tasks/{PRIVATE}", None), "/tasks/{task_id}", 404),
        (("POST", f"/{PRIVATE}", {}), "-", 404),
        (("GET", "/health/live", None), "/health/live", 200),
    ],
)
async def test_each_request_is_counted_once_under_its_route(http, request_, route, status):
    method, path, body = request_
    before = await counted(http)
    for _ in range(3):
        assert (await http.request(method, path, json=body)).status_code == status
    after = await counted(http)
    for name, labels in [(REQUESTS, {"status": status}), (SECONDS, {})]:
        counts = [found(name, method=method, route=route, **labels) for found in (before, after)]
        assert counts[1] == counts[0] + 3
        assert after(name) == before(name) + 3 + 1  # and the scrape before
    assert after("donebook_request_duration_seconds_sum") > before("donebook_request_duration_seconds_sum")


async def test_a_client_that_leaves_is_counted_as_such(hurt, http, database):
    before = await counted(http)
    async with holding(database, "SELECT FROM workspaces") as holder:
        async with httpx.AsyncClient(base_url=hurt.url, verify=NO_TLS) as leaving:
            request = asyncio.create_task(leaving.post("/tasks", json={"title": "x"}))
            await holder.waited_for()
            request.cancel()

        async def noticed() -> bool:
            return (await counted(http))(REQUESTS, status=499) == before(REQUESTS, status=499) + 1

        await until(noticed)


async def test_the_gauges_move_with_the_statements(http, database):
    async with holding(database, "SELECT FROM workspaces") as holder:
        requests = [asyncio.create_task(http.post("/tasks", json={"title": "x"})) for _ in range(3)]
        await holder.waited_for(by=3)
        busy = await counted(http)
        await holder.release()
        await asyncio.gather(*requests)
    assert busy("donebook_pool_connections_in_use") == 3
    assert busy("donebook_pool_connections") >= 3
    assert busy("donebook_pool_connections_max") == 10
    assert busy("donebook_requests_in_flight") == 3 + 1  # and the scrape
    idle = await counted(http)
    assert idle("donebook_pool_connections_in_use") == 0
    assert idle("donebook_pool_connections") == busy("donebook_pool_connections")
    assert idle("donebook_requests_in_flight") == 1


async def test_an_outage_begins_once_and_ends(http, forwarder):
    await http.get("/tasks")
    before = await counted(http)
    assert before("donebook_database_unreachable") == 0
    forwarder.cut()
    assert [(await http.get("/tasks")).status_code for _ in range(2)] == [503, 503]
    during = await counted(http)
    forwarder.mend()
    assert (await http.get("/tasks")).status_code == 200
    after = await counted(http)
    assert [during("donebook_database_unreachable"), after("donebook_database_unreachable")] == [1, 0]
    assert during("donebook_database_outages_total") == before("donebook_database_outages_total") + 1
    assert after("donebook_database_outages_total") == during("donebook_database_outages_total")
    for name in ("donebook_database_retries_total", "donebook_database_errors_total"):
        assert during(name, problem="unavailable") > before(name, problem="unavailable")
    assert after(REQUESTS, status=503) == before(REQUESTS, status=503) + 2


async def test_a_slow_statement_is_no_outage(http, database):
    before = await counted(http)
    async with holding(database, "SELECT FROM workspaces"):
        assert (await http.post("/tasks", json={"title": "x"})).status_code == 503
    async with holding(database, "LOCK TABLE tasks; SELECT FROM tasks"):
        assert (await http.get("/tasks")).status_code == 503
    after = await counted(http)
    assert after("donebook_database_unreachable") == 0
    assert after("donebook_database_outages_total") == before("donebook_database_outages_total")


async def test_replays_are_counted(http):
    headers = {"idempotency-key": str(uuid4())}
    before = await counted(http)
    for _ in range(3):
        assert (await http.post("/tasks", json={"title": "x"}, headers=headers)).status_code == 201
    after = await counted(http)
    assert after("donebook_idempotent_replays_total") == before("donebook_idempotent_replays_total") + 2


async def test_no_label_holds_what_somebody_typed(http):
    headers = {"idempotency-key": PRIVATE, "x-request-id": PRIVATE, "host": "localhost"}
    await http.post("/tasks", json={"title": PRIVATE, "description": PRIVATE}, headers=headers)
    for method in ("GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS", "HEAD", "PROPFIND", PRIVATE.upper()):
        for path in (
            f"/tasks/{PRIVATE}",
            f"/{PRIVATE}",
            f"/tasks?{PRIVATE}",
            f"/assets/{PRIVATE}.js",
            f"/%2f{PRIVATE}",
        ):
            await http.request(method, path, headers=headers)
    found = await counted(http)
    assert PRIVATE.lower() not in found.text.lower()
    routes = {sample.labels["route"] for sample in found.samples if sample.name == REQUESTS}
    assert {route for route in routes if "tasks" in route} <= ROUTES


async def test_scraping_asks_nothing_of_the_database(http, forwarder):
    await http.get("/tasks")
    before = (forwarder.sent, forwarder.connections)
    for _ in range(5):
        await counted(http)
    assert (forwarder.sent, forwarder.connections) == before
    await http.get("/tasks")
    assert forwarder.sent > before[0]
