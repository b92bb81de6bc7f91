"""The database says no: for want of room, because of what is stored, or because it is not ours to use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.conftest import execute
from tests.outages.cluster import Cluster
from tests.outages.hurting import attempts, failing
from tests.outages.site import Site, keyed
from tests.waiting import until

NO_ROOM = {"53100": "disk full", "53200": "out of memory", "58030": "input/output error", "XX001": "data corrupted"}


@pytest.mark.parametrize("code", NO_ROOM)
async def test_no_room_is_503_for_writers_for_a_while_and_nothing_for_readers(either: Site, code: str):
    """A trigger says so here; `test_full_disk.py` has a disk that really is."""
    task = await either.add()
    async with failing(either, code):
        await either.refused(await either.http.post("/tasks", json={"title": "never stored"}), 503, "full", 30)
        key = keyed(f"{code}-{task}")
        answer = await either.http.put(f"/tasks/{task}", json={"title": "never stored"}, headers=key)
        await either.refused(answer, 503, "full", 30)
        await either.refused(await either.http.delete(f"/tasks/{task}"), 503, "full", 30)
        assert await attempts(either) == 3
        assert len((await either.http.get("/tasks")).json()) == 1
        assert (await either.http.get("/health")).status_code == 200
    assert code in {event.get("sqlstate") for event in either.news()}
    answer = await either.http.put(f"/tasks/{task}", json={"title": "stored"}, headers=key)
    assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (200, None)


RULES = {
    "23505 unique": ("CREATE UNIQUE INDEX rule ON tasks (title)", "DROP INDEX rule", 409, "conflict"),
    "23P01 exclusion": (
        "ALTER TABLE tasks ADD CONSTRAINT rule EXCLUDE USING btree (title WITH =)",
        "ALTER TABLE tasks DROP CONSTRAINT rule",
        409,
        "conflict",
    ),
    "23503 foreign key": (
        """CREATE TABLE names (name text PRIMARY KEY); INSERT INTO names VALUES ('taken');
        ALTER TABLE tasks ADD CONSTRAINT rule FOREIGN KEY (title) REFERENCES names DEFERRABLE INITIALLY DEFERRED""",
        "ALTER TABLE tasks DROP CONSTRAINT rule; DROP TABLE names",
        409,
        "conflict",
    ),
    "23514 check": (
        "ALTER TABLE tasks ADD CONSTRAINT rule CHECK (title <> 'new')",
        "ALTER TABLE tasks DROP CONSTRAINT rule",
        422,
        "invalid",
    ),
    "23502 not null": (
        "UPDATE tasks SET description = ''; ALTER TABLE tasks ALTER description SET NOT NULL",
        "ALTER TABLE tasks ALTER description DROP NOT NULL",
        422,
        "invalid",
    ),
    "22001 too long": (
        "ALTER TABLE tasks ALTER title TYPE varchar(5)",
        "ALTER TABLE tasks ALTER title TYPE text",
        422,
        "invalid",
    ),
}
TITLES = {"23505": "taken", "23P01": "taken", "22001": "longer"}


@pytest.mark.parametrize("rule", RULES)
async def test_a_rule_of_the_database(either: Site, rule: str):
    """Stricter ones than Donebook's own, so that no check of ours comes first; deferred ones speak at the commit."""
    make, drop, status, kind = RULES[rule]
    await either.add("taken")
    await either.script(make)
    try:
        title = TITLES.get(rule.partition(" ")[0], "new")
        await either.refused(await either.http.post("/tasks", json={"title": title}), status, kind)
    finally:
        await either.script(drop)
    assert await either.titles() == ["taken"]


MISSING = {
    "42P01": ("ALTER TABLE tasks RENAME TO away", "ALTER TABLE away RENAME TO tasks"),
    "42703": ("ALTER TABLE tasks RENAME title TO away", "ALTER TABLE tasks RENAME away TO title"),
    "42501": ("REVOKE ALL ON tasks FROM donebook", "GRANT ALL ON tasks TO donebook"),
}


@asynccontextmanager
async def without(site: Site, admin_url: str, code: str) -> AsyncIterator[None]:
    """Something that Donebook needs is not there."""
    away, back = MISSING[code]
    url = f"{admin_url.rpartition('/')[0]}/{site.database}"
    await execute(url, away)
    try:
        yield
    finally:
        await execute(url, back)


@pytest.mark.parametrize("code", MISSING)
async def test_a_database_without_what_we_need(either: Site, admin_url: str, code: str):
    async with without(either, admin_url, code):
        await not_ready(either, code)


OURS = {
    "42601": "syntax",
    "42703": "column",
    "42804": "type",
    "42883": "function",
    "42P01": "table",
    "42P18": "untyped",
}


@pytest.mark.parametrize("code", OURS)
async def test_a_mistake_in_our_sql_is_ours(either: Site, code: str):
    """Nothing is missing in the database, so that to try again would not help: the log says what it was."""
    task = await either.add()
    async with failing(either, code):
        for method, path in (("PUT", f"/tasks/{task}"), ("DELETE", f"/tasks/{task}"), ("POST", "/tasks")):
            answer = await either.http.request(method, path, json={"title": "never stored"})
            await either.refused(answer, 500, "server-error")
            [event] = [event for event in either.news() if event.get("request_id") == answer.headers["x-request-id"]]
            assert (event["event"], event["level"], event["sqlstate"]) == ("unexpected error", "error", code)
            assert "the test wants this" in event["error"]
        batch = {"operations": [{"op": "create", "title": "never stored"}]}
        answer = await either.http.post("/api/v1/batch", json=batch)
        assert (answer.status_code, answer.json()["type"]) == (500, "server-error")
        assert answer.headers.get("retry-after") is None
        assert (await either.http.get("/health/ready")).json()["migrations"] == "current"
    assert await either.titles() == ["There before"]


BREAK = """
CREATE FUNCTION broken() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'the test wants this' USING ERRCODE = '42703';
END $$;
ALTER TABLE logs RENAME TO logs_away;
CREATE VIEW logs AS SELECT * FROM logs_away WHERE broken()
"""
MEND = "DROP VIEW logs; DROP FUNCTION broken; ALTER TABLE logs_away RENAME TO logs"


@pytest.mark.parametrize("path", ["/api/v1/changes", "/api/v1/changes/stream", "/api/v1/snapshot"])
async def test_a_mistake_in_what_reads_is_ours_too(direct: Site, path: str):
    """A view has all the columns of the table in whose place it is, and cannot be read."""
    await direct.script(BREAK)
    try:
        answer = await direct.http.get(path)
    finally:
        await direct.script(MEND)
    assert (answer.status_code, answer.json()["type"]) == (500, "server-error")
    assert answer.headers["x-request-id"] in {event.get("request_id") for event in direct.news()}


async def test_an_error_that_is_not_about_our_sql_is_not_quoted_in_the_log(either: Site):
    """It may hold what people wrote."""
    async with failing(either, "P0001"):
        answer = await either.http.post("/tasks", json={"title": "never stored"})
        await either.refused(answer, 500, "server-error")
    [event] = [event for event in either.news() if event.get("request_id") == answer.headers["x-request-id"]]
    assert event["sqlstate"] == "P0001"
    assert "the test wants this" not in str(event)


async def not_ready(site: Site, code: str) -> None:
    """Check that everybody is told, people by the log and by `/health/ready`."""
    await site.refused(await site.http.get("/tasks"), 503, "not-ready", 30)
    await site.refused(await site.http.post("/tasks", json={"title": "never stored"}), 503, "not-ready", 30)
    loud = [event for event in site.news() if event["level"] in ("warning", "error")]
    assert code in {event.get("sqlstate") for event in loud}
    ready = await site.http.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["detail"] != "The database cannot be reached", "it can, but does not let us"


async def test_a_wrong_password(own: Site, cluster_to_hurt: Cluster):
    [row] = await cluster_to_hurt.admin("SELECT rolpassword FROM pg_authid WHERE rolname = 'donebook'")
    await cluster_to_hurt.admin("ALTER ROLE donebook PASSWORD 'another'")
    own.proxy.cut()
    try:
        await not_ready(own, "28P01")
    finally:
        await cluster_to_hurt.admin(f"ALTER ROLE donebook PASSWORD '{row['rolpassword']}'")


async def test_no_such_database(direct: Site, admin_url: str):
    name = direct.database
    direct.proxy.refuse()
    direct.proxy.cut()

    async def renamed() -> bool:
        await execute(admin_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            await execute(admin_url, f"ALTER DATABASE {name} RENAME TO {name}_away")
        except asyncpg.ObjectInUseError:
            return False
        return True

    await until(renamed)
    await direct.proxy.mend()
    try:
        await not_ready(direct, "3D000")
    finally:
        await execute(admin_url, f"ALTER DATABASE {name}_away RENAME TO {name}")
