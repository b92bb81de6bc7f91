"""`/health/live` never touches the database; `/health/ready` says whether database and migrations are ready."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.forwarder import Forwarder
from tests.server import Server


@pytest.fixture
async def http(hurt: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hurt.url, timeout=30, verify=NO_TLS) as http:
        yield http


async def test_liveness_asks_nothing_of_the_database(http, forwarder: Forwarder):
    await http.get("/health")
    connections, sent = forwarder.connections, forwarder.sent
    for _ in range(20):
        assert (await http.get("/health/live")).json() == {"status": "alive"}
    assert (forwarder.connections, forwarder.sent) == (connections, sent)
    await http.get("/health")
    assert forwarder.sent > sent


async def test_liveness_needs_no_database(http, forwarder: Forwarder):
    forwarder.cut()
    try:
        for _ in range(3):
            assert (await http.get("/health/live")).status_code == 200
            assert (await http.get("/health")).status_code == 503
            assert (await http.get("/health/ready")).status_code == 503
    finally:
        forwarder.mend()
    assert (await http.get("/health")).status_code == 200


async def test_what_is_asked_of_the_api_before_its_database_is_needed_touches_none(http, forwarder: Forwarder):
    await http.get("/health")
    connections, sent = forwarder.connections, forwarder.sent
    for path in ("/", "/docs", "/openapi.json", "/api/nowhere", "/tasks/1"):
        await http.get(path)
    await http.post("/tasks", json={"title": ""})
    await http.delete("/tasks/not-a-uuid")
    assert (forwarder.connections, forwarder.sent) == (connections, sent)


async def test_a_migrated_database_is_ready(http):
    answer = await http.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "connected", "migrations": "current"}


@pytest.mark.parametrize(
    ("revision", "state", "words"),
    [
        ("'0000'", "ahead", "newer version"),
        ("'0005'", "unknown", "upgrade it to 0009 first"),
        ("NULL", "pending", "donebook database upgrade"),
    ],
)
async def test_a_database_of_another_version_is_not_ready(http, hurt: Server, revision: str, state: str, words: str):
    url = hurt.environment["DATABASE_URL"]
    [[current]] = await execute(url, "SELECT version_num FROM alembic_version")
    if revision == "NULL":
        await execute(url, "DELETE FROM alembic_version")
    else:
        await execute(url, f"UPDATE alembic_version SET version_num = {revision}")
    try:
        answer = await http.get("/health/ready")
    finally:
        await execute(url, "DELETE FROM alembic_version")
        await execute(url, f"INSERT INTO alembic_version VALUES ('{current}')")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    body = answer.json()
    assert (body["status"], body["database"], body["migrations"]) == ("not ready", "connected", state)
    assert words in body["detail"]
    assert (await http.get("/health/ready")).status_code == 200


async def test_a_database_that_is_away_is_not_ready(http, forwarder: Forwarder):
    forwarder.cut()
    try:
        body = (await http.get("/health/ready")).json()
    finally:
        forwarder.mend()
    assert (body["status"], body["database"], body["migrations"]) == ("not ready", "disconnected", "unknown")
    assert body["detail"]
