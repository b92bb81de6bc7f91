"""What is deleted for good is nowhere in the database any more: neither in the log nor in answers that are kept."""

from uuid import uuid4

import pytest

from tests.contract.expect import refused
from tests.v1.conftest import TASKS, new_id

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
