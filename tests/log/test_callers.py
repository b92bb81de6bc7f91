"""The log says who did it and in which request; what one statement says of itself, the next does not say."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conftest import execute
from tests.outages.site import DIRECT, POOLED, Site, site

WAYS = [DIRECT, POOLED]
ONE_CONNECTION = {"POOL_SIZE": 1, "POOL_TIMEOUT": 20}
WORKSPACE = "(SELECT id FROM workspaces LIMIT 1)"
LAST = "SELECT op, actor, request_id, diff::text FROM changes ORDER BY seq DESC LIMIT 1"


@pytest.fixture(scope="module", params=WAYS)
async def there(request, make_database, tmp_path_factory) -> AsyncIterator[Site]:
    """A server with one connection to its database, on each way to it; who writes there is noted by connection."""
    url = await asyncio.to_thread(make_database)
    async with site(request.param, url, tmp_path_factory.mktemp("callers"), **ONE_CONNECTION) as running:
        yield running


@pytest.fixture
def send(there: Site):
    """Send a request with an id of its own; what the log then says last, and that id."""

    async def send(method: str, path: str, **request) -> tuple[httpx.Response, str]:
        request_id = uuid4().hex
        headers = {"x-request-id": request_id, **request.pop("headers", {})}
        answer = await there.http.request(method, path, headers=headers, **request)
        assert answer.is_success, answer.text
        return answer, request_id

    return send


async def last(there: Site) -> tuple[str, str, str | None]:
    """What was done last, by whom and in which request."""
    [change] = await execute(there.database_url, LAST)
    return change["op"], change["actor"], change["request_id"]


async def test_every_write_names_its_request(there, send):
    for keyed in (False, True):

        def key(keyed: bool = keyed) -> dict[str, str]:
            return {"idempotency-key": uuid4().hex} if keyed else {}

        for create in ("/tasks", "/api/v1/tasks"):
            made, request = await send("POST", create, json={"title": "x"}, headers=key())
            assert await last(there) == ("create", "anybody", request)
        task = made.json()["id"]
        other = (await send("POST", "/tasks", json={"title": "x"}))[0].json()["id"]
        for method, path, body in [
            ("PUT", f"/tasks/{task}", {}),
            ("PUT", f"/tasks/{task}", {"completed": True}),
            ("PATCH", f"/api/v1/tasks/{task}", {"title": uuid4().hex}),
            ("DELETE", f"/api/v1/tasks/{task}/completion", None),
            ("PUT", f"/api/v1/tasks/{task}/completion", None),
            ("PUT", f"/api/v1/tasks/{task}/position", {"after": other}),
            ("DELETE", f"/api/v1/tasks/{task}", None),
            ("POST", f"/api/v1/tasks/{task}/restore", None),
            ("DELETE", f"/tasks/{task}", None),
        ]:
            _, request = await send(method, path, json=body, headers=key())
            assert await last(there) == ("update", "anybody", request), (method, path)
        _, request = await send("DELETE", f"/api/v1/tasks/trash/{task}", headers=key())
        assert await last(there) == ("delete", "anybody", request)


async def test_what_a_quiet_write_says_of_itself_ends_with_it(there, send):
    """A no-op of `/api/v1` leaves no trace; the same of the baseline, next on the same connection, does as ever."""
    task = (await send("POST", "/tasks", json={"title": "x"}))[0].json()
    for number in range(8):
        quiet, _ = await send("PATCH", f"/api/v1/tasks/{task['id']}", json={"title": "x"})
        assert quiet.json()["version"] == number + 1
        _, request = await send("PUT", f"/tasks/{task['id']}", json={})
        assert await last(there) == ("update", "anybody", request)


async def test_a_write_that_failed_says_nothing_of_the_next(there, send):
    task = (await send("POST", "/tasks", json={"title": "x"}))[0].json()["id"]
    for _ in range(3):
        taken = {"title": "y", "id": task[:14] + "7" + task[15:]}
        await there.http.post("/api/v1/tasks", json=taken)
        assert (await there.http.put(f"/api/v1/tasks/{task}/position", json={"before": uuid4().hex})).status_code == 404
        _, request = await send("PUT", f"/tasks/{task}", json={})
        assert await last(there) == ("update", "anybody", request)


async def test_whoever_comes_next_to_a_pooled_connection_is_the_database(make_database, tmp_path):
    """Both share PgBouncer's connections: each is used by both, one after the other."""
    url = await asyncio.to_thread(make_database)
    async with site(POOLED, url, tmp_path, **ONE_CONNECTION) as there:
        assert there.pooler is not None
        await there.warm()
        await execute(url, "CREATE TABLE writers (pid int, actor text)")
        await execute(
            url,
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN INSERT INTO writers VALUES (pg_backend_pid(), NEW.actor); RETURN NEW; END $$",
        )
        await execute(url, "CREATE TRIGGER note BEFORE INSERT ON changes FOR EACH ROW EXECUTE FUNCTION note()")
        raw = await asyncpg.connect(there.pooler.url, statement_cache_size=0)
        for _ in range(10):
            made = await there.http.post("/tasks", json={"title": "By Donebook"})
            assert (await there.http.patch(f"/api/v1/tasks/{made.json()['id']}", json={})).status_code == 200
            await raw.execute(f"INSERT INTO tasks (workspace_id, title) VALUES ({WORKSPACE}, 'By hand')")
            assert await last(there) == ("create", "database", None)
            await raw.execute("UPDATE tasks SET title = title WHERE title = 'By hand'")
        await raw.close()
        pids = {
            actor: {row["pid"] for row in await execute(url, f"SELECT pid FROM writers WHERE actor = '{actor}'")}
            for actor in ("anybody", "database")
        }
        assert pids["anybody"] & pids["database"], "nobody shared a connection"
        [touched] = await execute(url, "SELECT min(version), max(version) FROM tasks WHERE title = 'By hand'")
        assert tuple(touched) == (2, 11)


async def test_what_a_session_says_is_no_actor(there):
    """A name that is set for the session, as an old client might, is taken at its word only by who sets it."""
    connection = await asyncpg.connect(there.database_url)
    add = f"INSERT INTO tasks (workspace_id, title) VALUES ({WORKSPACE}, 'x')"
    for caller, actor, request in [
        ("", "database", None),
        ("-", "database", None),
        ("- r1 - - -", "database", "r1"),
        ("import job-7 - - -", "import", "job-7"),
    ]:
        async with connection.transaction():
            await connection.execute("SELECT set_config('donebook.caller', $1, true)", caller)
            await connection.execute(add)
        assert await last(there) == ("create", actor, request)
        await connection.execute(add)
        assert await last(there) == ("create", "database", None)
    await connection.close()
