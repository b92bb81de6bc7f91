"""What another workspace has does not exist: on no route, neither to read nor to write."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import execute
from tests.contract.expect import refused
from tests.server import Server
from tests.v1.routes import ask, example, filled, operations, streams

SECRET = "Their secret"


class Foreign:
    """Another workspace, with a task that is there and one in the trash, and a log that is longer than ours."""

    def __init__(self, workspace: UUID, live: UUID, trashed: UUID, head: int) -> None:
        self.workspace, self.live, self.trashed, self.head = workspace, live, trashed, head


@pytest.fixture
async def foreign(client: httpx.AsyncClient, server: Server) -> Any:
    url = server.environment["DATABASE_URL"]
    [workspace] = await execute(url, "INSERT INTO workspaces DEFAULT VALUES RETURNING id")
    add = f"INSERT INTO tasks (workspace_id, title, description) VALUES ('{workspace['id']}', '{SECRET}', '{SECRET}')"
    ids = [(await execute(url, f"{add} RETURNING id"))[0]["id"] for _ in range(2)]
    await execute(url, f"UPDATE tasks SET deleted_at = now() WHERE id = '{ids[1]}'")
    [ours] = await execute(url, "SELECT max(head) AS head FROM logs")
    for table in ("logs", "changes"):
        await execute(url, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    [log] = await execute(
        url,
        f"UPDATE logs SET head = {ours['head'] + 10} WHERE workspace_id = '{workspace['id']}' RETURNING head",
    )
    change = "workspace_id, entity, entity_id, op, diff, version, actor, at"
    again = f"SELECT {log['head']}, {change} FROM changes WHERE entity_id = '{ids[0]}'"
    await execute(url, f"INSERT INTO changes (seq, {change}) {again}")
    for table in ("logs", "changes"):
        await execute(url, f"ALTER TABLE {table} ENABLE TRIGGER USER")
    yield Foreign(workspace["id"], ids[0], ids[1], log["head"])
    await execute(url, f"DELETE FROM workspaces WHERE id = '{workspace['id']}'")


async def everything_of(server: Server, workspace: UUID) -> list[str]:
    """All that the database holds of a workspace."""
    url = server.environment["DATABASE_URL"]
    scoped = "SELECT table_name FROM information_schema.columns WHERE column_name = 'workspace_id' ORDER BY 1"
    return [
        row["said"]
        for table in await execute(url, scoped)
        for row in await execute(
            url,
            f"SELECT t::text AS said FROM {table['table_name']} AS t WHERE workspace_id = '{workspace}' ORDER BY 1",
        )
    ]


@pytest.mark.parametrize(("method", "path", "operation"), operations())
@pytest.mark.parametrize("which", ["live", "trashed"])
async def test_what_another_workspace_has_does_not_exist(client, server, foreign, which, method, path, operation):  # noqa: PLR0917
    """Neither in the path nor in the body, neither to read nor to write, and nobody there notices."""
    before = await everything_of(server, foreign.workspace)
    assert any(SECRET in row for row in before)
    theirs = str(getattr(foreign, which))
    address = path.replace("{seq}", str(foreign.head)).replace("{task_id}", theirs)
    assert "{" not in address, "a parameter that this test does not know"
    answer = await ask(client, method, address, operation, json=filled(example(operation), theirs))
    if address != path:
        refused(answer, 404)
    assert answer.status_code < 500
    if not (streams(operation) and answer.status_code == 200):
        assert SECRET not in answer.text
    assert await everything_of(server, foreign.workspace) == before
