"""The trash: tasks leave it as they came, or for good."""

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.expect import refused
from tests.server import Server
from tests.v1.conftest import TASKS, Rows, Task
from tests.waiting import until

MOVES = {"version", "updated_at", "deleted_at"}


async def trashed(rows: Rows, task: Task) -> tuple[datetime | None, int]:
    """Since when a task is in the trash, and its version."""
    [row] = await rows(f"SELECT deleted_at, version FROM tasks WHERE id = '{task['id']}'")
    return row["deleted_at"], row["version"]


@pytest.mark.parametrize("face", ["/tasks", TASKS])
async def test_what_is_deleted_is_in_the_trash(client, task, rows, log_head, face):
    before = await log_head()
    answer = await client.delete(f"{face}/{task['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    at, version = await trashed(rows, task)
    assert at is not None
    assert version == 2
    assert await log_head() == before + 1
    assert (await client.get("/tasks")).json() == []
    refused(await client.get(f"{TASKS}/{task['id']}"), 404)
    for again in ("/tasks", TASKS):
        refused(await client.delete(f"{again}/{task['id']}"), 404)
    refused(await client.put(f"/tasks/{task['id']}", json={"title": "x"}), 404)
    refused(await client.patch(f"{TASKS}/{task['id']}", json={"title": "x"}), 404)
    refused(await client.put(f"{TASKS}/{task['id']}/completion"), 404)
    assert await trashed(rows, task) == (at, version)


@pytest.mark.parametrize("face", ["/tasks", TASKS])
async def test_what_is_restored_is_what_and_where_it_was(client, add, task, face):
    await add("Another")
    before = (await client.get("/tasks")).json()
    await client.delete(f"{face}/{task['id']}")
    answer = await client.post(f"{TASKS}/{task['id']}/restore")
    restored = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert {name for name in task if task[name] != restored[name]} == MOVES - {"deleted_at"}
    after = (await client.get("/tasks")).json()
    assert [found["id"] for found in after] == [found["id"] for found in before]


async def test_only_what_is_in_the_trash_is_deleted_for_good(client, task, rows):
    refused(await client.delete(f"{TASKS}/trash/{task['id']}"), 404)
    assert (await client.get(f"{TASKS}/{task['id']}")).json() == task
    await client.delete(f"{TASKS}/{task['id']}")
    answer = await client.delete(f"{TASKS}/trash/{task['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await rows(f"SELECT FROM tasks WHERE id = '{task['id']}'") == []
    refused(await client.delete(f"{TASKS}/trash/{task['id']}"), 404)
    refused(await client.post(f"{TASKS}/{task['id']}/restore"), 404)


@pytest.fixture(scope="module")
def impatient(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server whose trash is kept for two days."""
    with Server(tmp_path_factory.mktemp("impatient"), DATABASE_URL=make_database(), TRASH_DAYS=2) as running:
        yield running


async def test_the_trash_empties_itself_by_the_databases_clock(impatient):
    """The first write after the start finds it due; what lies there for less long stays."""
    url = impatient.environment["DATABASE_URL"]
    await execute(
        url,
        "INSERT INTO tasks (workspace_id, title, deleted_at) SELECT id, 'Secret ' || n, now() - n * interval '1 day'"
        " FROM workspaces, unnest('{0, 1, 3}'::int[]) AS n",
    )
    of = {row["title"]: row["id"] for row in await execute(url, "SELECT title, id FROM tasks")}
    async with httpx.AsyncClient(base_url=impatient.url, verify=NO_TLS) as http:
        refused(await http.post(f"{TASKS}/{of['Secret 3']}/restore"), 404)
        assert (await http.get("/tasks")).json() == []
        assert (await http.post("/tasks", json={"title": "x"})).status_code == 201

        async def emptied() -> bool:
            return not await execute(url, f"SELECT FROM tasks WHERE id = '{of['Secret 3']}'")

        await until(emptied)
        logged = await execute(
            url, f"SELECT op, actor, erased, diff::text FROM changes WHERE entity_id = '{of['Secret 3']}' ORDER BY seq"
        )
        assert [tuple(row) for row in logged] == [
            ("create", "database", True, "{}"),
            ("delete", "donebook", True, "{}"),
        ]
        assert (await http.post(f"{TASKS}/{of['Secret 0']}/restore")).status_code == 200
        left = await execute(url, "SELECT title FROM tasks WHERE deleted_at IS NOT NULL")
        assert [row["title"] for row in left] == ["Secret 1"]
