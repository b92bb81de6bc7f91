"""The trash empties itself, by the database's clock and in passing."""

import httpx
import pytest

from tests.conftest import execute
from tests.server import Server
from tests.waiting import until

LONG_AGO = "UPDATE tasks SET deleted_at = now() - interval '31 days' WHERE deleted_at IS NOT NULL"


@pytest.fixture
async def sql(server: Server):
    return lambda statement: execute(server.environment["DATABASE_URL"], statement)


@pytest.fixture
async def trashed(client: httpx.AsyncClient, sql) -> str:
    """The id of a task that was moved to the trash a month and a day ago."""
    task = (await client.post("/api/v1/tasks", json={"title": "Long forgotten"})).json()
    assert (await client.delete(f"/api/v1/tasks/{task['id']}")).status_code == 204
    await sql(LONG_AGO)
    return str(task["id"])


async def test_what_was_there_for_too_long_cannot_be_restored(client, trashed):
    assert (await client.post(f"/api/v1/tasks/{trashed}/restore")).status_code == 404


async def test_looking_into_the_trash_deletes_it_for_good(client, trashed, sql):
    kept = (await client.post("/api/v1/tasks", json={"title": "Kept"})).json()["id"]
    await client.delete(f"/api/v1/tasks/{kept}")
    shown = (await client.get("/api/v1/tasks/trash")).json()
    assert [task["id"] for task in shown["items"]] == [kept]

    async def gone() -> bool:
        return not await sql(f"SELECT FROM tasks WHERE id = '{trashed}'")

    await until(gone)
    [*_, last] = await sql(f"SELECT op, actor FROM changes WHERE entity_id = '{trashed}' ORDER BY seq")
    assert (last["op"], last["actor"]) == ("delete", "donebook")
    assert not await sql(f"SELECT FROM changes WHERE entity_id = '{trashed}' AND diff <> '{{}}'")
    assert (await client.get(f"/api/v1/tasks/{kept}")).status_code == 404
    assert (await client.post(f"/api/v1/tasks/{kept}/restore")).status_code == 200
