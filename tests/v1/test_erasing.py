"""What is deleted for good is nowhere in the database any more: neither in the log nor in answers that are kept."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.contract.expect import refused
from tests.v1.conftest import TASKS, UNKNOWN, new_id
from tests.waiting import until

TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace"


@pytest.fixture
def found(rows):
    """In which tables a text occurs, whatever the column."""

    async def found(text: str) -> set[str]:
        tables = [row["relname"] for row in await rows(TABLES)]
        assert {"tasks", "changes", "idempotency_keys"} <= set(tables)
        return {
            table
            for table in tables
            if await rows(
                f"SELECT FROM {table} AS t WHERE t::text LIKE '%{text}%' OR to_jsonb(t)::text LIKE '%{text}%'"
            )
        }

    return found


@pytest.mark.parametrize("named", [False, True])
async def test_every_trace_of_its_content_goes(client, add, rows, found, log_head, named):  # noqa: PLR0917
    secret = f"Secret{uuid4().hex}"

    def keyed() -> dict[str, str]:
        return {"idempotency-key": uuid4().hex}

    body = {"title": f"{secret} a", "description": f"{secret} b"} | ({"id": new_id()} if named else {})
    sent = {name: keyed() for name in ("add", "edit", "stale", "baseline", "touch", "move", "trash")}
    other = await add("Other")
    task = (await client.post(TASKS, json=body, headers=sent["add"])).json()
    if named:
        assert (await client.post(TASKS, json=body, headers=keyed())).status_code == 200
        assert (await client.post(TASKS, json=body | {"title": f"{secret} c"}, headers=keyed())).status_code == 409
    address, baseline = f"{TASKS}/{task['id']}", f"/tasks/{task['id']}"
    assert (await client.patch(address, json={"title": f"{secret} d"}, headers=sent["edit"])).status_code == 200
    stale = {"if-match": '"1"'} | sent["stale"]
    assert (await client.patch(address, json={"title": f"{secret} e"}, headers=stale)).status_code == 412
    assert (await client.put(baseline, json={"title": f"{secret} f"}, headers=sent["baseline"])).status_code == 200
    assert (await client.put(baseline, json={}, headers=sent["touch"])).status_code == 200
    move = client.put(f"{address}/position", json={"before": other["id"]}, headers=sent["move"])
    assert (await move).status_code == 200
    assert (await client.delete(address, headers=sent["trash"])).status_code == 204
    assert await found(secret) == {"tasks", "changes", "idempotency_keys"}
    head = await log_head()
    erase = keyed()
    for _ in range(2):
        assert (await client.delete(f"{TASKS}/trash/{task['id']}", headers=erase)).status_code == 204
    assert await found(secret) == set()
    assert await log_head() == head + 1
    logged = await rows(f"SELECT op, diff::text, erased FROM changes WHERE entity_id = '{task['id']}' ORDER BY seq")
    assert [row["op"] for row in logged] == ["create", *["update"] * 5, "delete"]
    assert {(row["diff"], row["erased"]) for row in logged} == {("{}", True)}
    for name, again in {
        "add": client.post(TASKS, json=body, headers=sent["add"]),
        "edit": client.patch(address, json={"title": f"{secret} d"}, headers=sent["edit"]),
        "baseline": client.put(baseline, json={"title": f"{secret} f"}, headers=sent["baseline"]),
    }.items():
        assert refused(await again, 409)["type"] == "erased", name
    assert (await client.get("/tasks")).json() == [
        {name: other[name] for name in ("id", "title", "description", "completed", "created_at", "updated_at")}
    ]


async def test_what_others_said_stays(client, add, rows, found):
    """Also what mentions the id of what is gone."""
    gone, kept = await add("Gone"), await add("Kept")
    mention = f"see {gone['id']}"
    headers = {"idempotency-key": uuid4().hex}
    said = await client.patch(f"{TASKS}/{kept['id']}", json={"description": mention}, headers=headers)
    await client.delete(f"{TASKS}/{gone['id']}")
    await client.delete(f"{TASKS}/trash/{gone['id']}")
    again = await client.patch(f"{TASKS}/{kept['id']}", json={"description": mention}, headers=headers)
    assert (again.status_code, again.content) == (200, said.content)
    assert await found(mention) == {"tasks", "changes", "idempotency_keys"}
    erased = await rows("SELECT DISTINCT entity_id::text FROM changes WHERE erased AND entity_id::text LIKE '%'")
    assert kept["id"] not in {row["entity_id"] for row in erased}


@pytest.mark.parametrize("how", ["its creation was undone", "a batch's was", "past Donebook"])
async def test_what_has_no_row_any_more_can_be_deleted_for_good(client, rows, found, log_head, how):
    """Its life in the log goes, with what is kept of it in answers; there is no undoing it then."""
    secret, key, undo = f"Secret{uuid4().hex}", {"idempotency-key": uuid4().hex}, {"idempotency-key": uuid4().hex}
    if how == "a batch's was":
        body = {"operations": [{"op": "create", "title": title} for title in (secret, "Other")]}
        made = await client.post("/api/v1/batch", json=body, headers=key)
        task = made.json()["results"][0]["task"]
    else:
        task = (await client.post(TASKS, json={"title": secret}, headers=key)).json()
    [change] = await rows(f"SELECT seq FROM changes WHERE entity_id = '{task['id']}'")
    if how == "past Donebook":
        await rows(f"DELETE FROM tasks WHERE id = '{task['id']}'")
    else:
        assert (await client.post(f"/api/v1/changes/{change['seq']}/undo", headers=undo)).status_code == 200
    assert await found(secret) == {"changes", "idempotency_keys"}
    head, path = await log_head(), f"{TASKS}/trash/{task['id']}"
    refused(await client.delete(path, headers={"if-match": '"1"'}), 404)
    erase = {"idempotency-key": uuid4().hex}
    for _ in range(2):
        assert (await client.delete(path, headers=erase)).status_code == 204
    refused(await client.delete(path), 404)
    assert await found(secret) == set()
    assert await log_head() == head, "it is no news that it is gone"
    history = (await client.get(f"{TASKS}/{task['id']}/history")).json()["changes"]
    assert [(change["op"], change["diff"]) for change in history] == [("create", {}), ("delete", {})]
    for seq in (head, change["seq"]):
        answer = await client.post(f"/api/v1/changes/{seq}/undo")
        assert answer.json()["type"] == "erased"
    if how != "past Donebook":
        again = await client.post(f"/api/v1/changes/{change['seq']}/undo", headers=undo)
        assert refused(again, 409)["type"] == "erased"


async def test_a_task_that_is_there_or_never_was_is_not_deleted_for_good(client, add, found):
    task = await add("Stays")
    for task_id in (task["id"], UNKNOWN, new_id()):
        assert refused(await client.delete(f"{TASKS}/trash/{task_id}"), 404)["type"] == "task-not-found"
    assert await found("Stays") >= {"tasks", "changes"}


LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('erase ' || id, 0)) FROM workspaces"
WAITS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"


@pytest.mark.parametrize("kind", ["a write", "a batch", "an undo"])
async def test_what_is_deleted_for_good_while_a_refusal_shows_it_is_not_kept(client, add, server, rows, found, kind):  # noqa: PLR0917
    """Who is refused is shown the task; until that is stored, it may be gone."""
    secret, key = f"Secret{uuid4().hex}", {"idempotency-key": uuid4().hex}
    task = await add("Before")
    path = f"{TASKS}/{task['id']}"
    await client.patch(path, json={"title": "Between"})
    await client.patch(path, json={"title": secret})
    *_, change, _ = (await client.get(f"{path}/history")).json()["changes"]
    await client.delete(path)
    await client.post(f"{path}/restore")
    stale = {"op": "update", "id": task["id"], "title": "x", "version": 1}
    refusing: dict[str, tuple[str, str, dict[str, Any]]] = {
        "a write": ("PATCH", path, {"json": {"title": "x"}, "headers": key | {"if-match": '"1"'}}),
        "a batch": ("POST", "/api/v1/batch", {"json": {"operations": [stale]}, "headers": key}),
        "an undo": ("POST", f"/api/v1/changes/{change['seq']}/undo", {"headers": key}),
    }
    method, address, sent = refusing[kind]
    connection = await asyncpg.connect(server.environment["DATABASE_URL"])
    async with connection.transaction():
        await connection.execute(LOCK)
        asking = asyncio.create_task(client.request(method, address, **sent))
        await until(lambda: rows(WAITS))
        await connection.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", UUID(task["id"]))
        await connection.execute("SELECT erase_task(workspace_id, id, NULL) FROM tasks WHERE id = $1", UUID(task["id"]))
    await connection.close()
    assert (await asking).status_code in (409, 412)
    assert await found(secret) == set()
    assert refused(await client.request(method, address, **sent), 409)["type"] == "erased"


NAMED = "SELECT pg_advisory_xact_lock(hashtextextended('named ' || id, 0)) FROM workspaces"


async def test_what_is_deleted_for_good_while_an_undo_waits_stays_so(client, add, server, rows, found):
    """The undo has read the change with the content; until it has its turn, that may be gone."""
    secret = f"Secret{uuid4().hex}"
    task = await add(secret)
    [created] = (await client.get(f"{TASKS}/{task['id']}/history")).json()["changes"]
    assert (await client.post(f"/api/v1/changes/{created['seq']}/undo")).status_code == 200
    _, deleted = (await client.get(f"{TASKS}/{task['id']}/history")).json()["changes"]
    connection = await asyncpg.connect(server.environment["DATABASE_URL"])
    async with connection.transaction():
        await connection.execute(NAMED)
        undoing = asyncio.create_task(client.post(f"/api/v1/changes/{deleted['seq']}/undo"))
        await until(lambda: rows(WAITS))
        await connection.execute("SELECT erase_task(id, $1, NULL) FROM workspaces", UUID(task["id"]))
    await connection.close()
    assert refused(await undoing, 409)["type"] == "erased"
    assert await found(secret) == set()
