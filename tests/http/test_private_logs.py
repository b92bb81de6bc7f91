"""No task text in logs: whatever goes wrong, neither our log nor Postgres' own holds a word of what people wrote."""

import asyncio
from pathlib import Path

import httpx
import pytest

from local_postgres import LocalPostgres
from tests.conftest import NO_TLS, execute
from tests.contract import wire
from tests.contract.expect import JSON
from tests.contract.forwarder import Forwarder
from tests.http.conftest import logged
from tests.server import Server

CANARY = "kanarienvogel"
TASK = {"title": f"The {CANARY} sings", "description": f"A {CANARY}, 'twice' \"over\" \\ {CANARY}"}

REFUSE = "ALTER TABLE tasks ADD CONSTRAINT refuse CHECK (title NOT LIKE '%refused%')"
UNIQUE = "CREATE UNIQUE INDEX twin ON tasks (title) WHERE title LIKE '%unique%'"
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.title LIKE '%divides%' THEN
        PERFORM 1 / (length(NEW.title) - length(NEW.title));
    ELSIF NEW.title LIKE '%raises%' THEN
        RAISE EXCEPTION 'no to %', NEW.title USING DETAIL = NEW.description, HINT = NEW.title;
    ELSIF NEW.title LIKE '%casts%' THEN
        PERFORM NEW.title::integer;
    ELSIF NEW.title LIKE '%warns%' THEN
        RAISE WARNING 'mind %', NEW.title;
    ELSIF NEW.title LIKE '%sleeps%' THEN
        PERFORM pg_sleep(60);
    END IF;
    RETURN NEW;
END $$
"""
TRIGGER = "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION fail()"
WAYS_TO_FAIL = ["refused", "unique", "divides", "raises", "casts", "warns"]


@pytest.fixture(scope="module")
async def touchy(hurt: Server, forwarder: Forwarder) -> Server:
    """A server, with the log level `debug`, whose database finds fault with many titles."""
    for statement in (REFUSE, UNIQUE, FAIL, TRIGGER):
        await execute(hurt.environment["DATABASE_URL"], statement)
    return hurt


async def write(http: httpx.AsyncClient, name: str, method: str = "POST", path: str = "/tasks") -> int:
    """Write the canary in a way that fails; the answer's status."""
    body = TASK | {"title": f"{TASK['title']} and {name}"}
    headers = {"x-request-id": f"canary-{name}-{method}"}
    return (await http.request(method, path, json=body, headers=headers)).status_code


async def test_nothing_that_people_wrote_is_in_any_log(
    touchy: Server, forwarder: Forwarder, cluster: LocalPostgres, admin_url: str
):
    async with httpx.AsyncClient(base_url=touchy.url, timeout=60, verify=NO_TLS) as http:
        statuses = await database_refuses(http)
        assert {201, 422, 409, 500} <= set(statuses.values()), statuses
        await requests_are_refused(http, touchy)
        await connections_break(http, forwarder, admin_url)
        await http.get("/health/live", headers={"x-request-id": "the-last"})
    logged(touchy, "the-last")

    ours, postgres = touchy.log(), (cluster.data / "postgres" / "postgres.log").read_text(errors="replace")
    assert "canary-divides-POST" in ours
    assert_silent(ours)
    assert_silent(postgres)


async def database_refuses(http: httpx.AsyncClient) -> dict[str, int]:
    """Make and change tasks that the database finds fault with; the statuses."""
    statuses = {"fine": await write(http, "fine"), "first": await write(http, "unique")}
    [task, *_] = (await http.get("/tasks")).json()
    for name in WAYS_TO_FAIL:
        statuses[name] = await write(http, name)
        statuses[f"{name} again"] = await write(http, name, "PUT", f"/tasks/{task['id']}")
    return statuses


async def requests_are_refused(http: httpx.AsyncClient, server: Server) -> None:
    """Say the canary wherever it can be said in a request that is refused."""
    for body in (
        {"title": CANARY * 40},
        {"title": CANARY, "description": CANARY * 5_000},
        {"title": CANARY, "description": [CANARY]},
        {CANARY: CANARY},
        [CANARY],
        CANARY,
    ):
        await http.post("/tasks", json=body)
    for content in (
        b'{"title": "' + CANARY.encode(),
        CANARY.encode(),
        CANARY.encode() + b"\xff",
        CANARY.encode() * 99_999,
    ):
        await http.post("/tasks", content=content, headers=JSON)
    await http.post("/tasks", content=CANARY, headers={"content-type": f"text/{CANARY}"})
    for path in (f"/tasks/{CANARY}", f"/{CANARY}", f"/api/{CANARY}", f"/assets/{CANARY}", f"/health?q={CANARY}"):
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            await http.request(method, path, json=TASK if method == "PUT" else None)
    for header in ("host", "origin", "referer", "user-agent", "cookie", "authorization", "accept", "if-none-match"):
        await http.get("/tasks", headers={header: CANARY})
    for request in (
        wire.request(CANARY.upper(), "/tasks"),
        wire.request("GET", f"/{CANARY}\xff"),
        wire.request("GET", "/tasks", f"{CANARY} {CANARY}"),
        wire.request("POST", "/tasks", f"Content-Length: {CANARY}"),
        wire.request("GET", "/tasks", "Connection: upgrade", f"Upgrade: {CANARY}"),
    ):
        wire.exchange(server.url, request)


async def connections_break(http: httpx.AsyncClient, forwarder: Forwarder, admin_url: str) -> None:
    """Take the database away before and during a write."""
    database = forwarder.url.rpartition("/")[2]
    asleep = f"FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
    for away in ("pg_terminate_backend", "pg_cancel_backend"):
        writing = asyncio.create_task(write(http, "sleeps"))
        while not await execute(admin_url, f"SELECT {away}(pid) {asleep}"):
            assert not writing.done()
        assert await writing == 503
    writing = asyncio.create_task(write(http, "sleeps"))
    while not await execute(admin_url, f"SELECT pid {asleep}"):
        assert not writing.done()
    forwarder.cut()
    try:
        assert await writing == 503
        assert await write(http, "unreachable") == 503
    finally:
        forwarder.mend()


def assert_silent(log: str) -> None:
    """Show the lines that hold the canary, if there are any."""
    found = [line[:2_000] for line in log.splitlines() if CANARY.lower() in line.lower()]
    assert found == []


def test_a_log_of_the_embedded_postgres_is_written(cluster: LocalPostgres):
    assert Path(cluster.data / "postgres" / "postgres.log").stat().st_size > 0
