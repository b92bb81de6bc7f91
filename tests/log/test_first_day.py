"""A database that had tasks before it had a log: each is in the log as it was, and has its place."""

import asyncio

import asyncpg
from advanced_alchemy.alembic.commands import AlembicCommands

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.database.catalogue import catalogue
from tests.database.clusters import database
from tests.log.reading import changes, stored, told

BEFORE = "0002"
FILLED = f"""
INSERT INTO workspaces (id) VALUES ('00000000-0000-7000-8000-00000000000a');
INSERT INTO tasks (workspace_id, title, description, created_at, updated_at, completed_at)
SELECT CASE n % 3 WHEN 0 THEN '00000000-0000-7000-8000-00000000000a' ELSE '{DEFAULT_WORKSPACE}' END::uuid,
    'Task ' || n, CASE n % 2 WHEN 0 THEN 'words' END, '2026-01-01Z'::timestamptz - n * interval '1 day',
    '2026-02-01Z', CASE n % 4 WHEN 0 THEN '2026-01-31Z'::timestamptz END
FROM generate_series(1, 30) AS n;
UPDATE tasks SET title = 'Changed' WHERE title LIKE '%5';
INSERT INTO idempotency_keys (workspace_id, key, fingerprint, answer) VALUES ('{DEFAULT_WORKSPACE}', 'k', '', '[]');
"""
MEMBERS = "workspace_id, id, ordinal, title, description, completed_at, created_at, updated_at, version"
AS_IT_WAS = f"SELECT {MEMBERS} FROM tasks"


async def to(url: str, direction: str, revision: str) -> None:
    """Take the database to a revision."""
    commands = AlembicCommands(sqlalchemy_config=database(url))
    await asyncio.to_thread(getattr(commands, direction), revision)


async def test_tasks_that_were_there_are_logged_as_created_and_keep_all_that_they_had(empty):
    await to(empty, "upgrade", BEFORE)
    connection = await asyncpg.connect(empty)
    await connection.execute(FILLED)
    before = await connection.fetch(f"{AS_IT_WAS} ORDER BY id")
    await to(empty, "upgrade", "head")
    await connection.reload_schema_state()
    assert await connection.fetch(f"{AS_IT_WAS} ORDER BY id") == before
    assert await told(connection) == await stored(connection)
    logged = [change for row in before for change in await changes(connection, row["workspace_id"])]
    assert {(change["op"], change["actor"]) for change in logged} == {("create", "database")}
    assert {change["entity_id"] for change in logged} == {row["id"] for row in before}
    assert {change["version"] for change in logged} == {1, 2}
    in_order = f"{AS_IT_WAS} ORDER BY workspace_id, "
    assert await connection.fetch(f"{in_order} position") == await connection.fetch(f"{in_order} ordinal")
    last = await connection.fetchval("SELECT max(position) FROM tasks")
    await connection.execute("INSERT INTO tasks (workspace_id, title) VALUES ($1, 'x')", DEFAULT_WORKSPACE)
    assert await connection.fetchval("SELECT position FROM tasks WHERE title = 'x'") > last
    assert await told(connection) == await stored(connection)
    await connection.close()


async def test_down_and_up_again_with_tasks(empty):
    """The trash is emptied on the way down, and nothing else is lost."""
    await to(empty, "upgrade", "head")
    there = await catalogue(empty)
    connection = await asyncpg.connect(empty)
    await connection.execute(FILLED)
    await connection.execute("UPDATE tasks SET deleted_at = now() WHERE title = 'Task 7'")
    before = await connection.fetch(f"{AS_IT_WAS} WHERE deleted_at IS NULL ORDER BY id")
    for _ in range(2):
        await to(empty, "downgrade", BEFORE)
        await connection.reload_schema_state()
        assert await connection.fetch(f"{AS_IT_WAS} ORDER BY id") == before
        await connection.execute("UPDATE tasks SET title = title WHERE title = 'Task 8'")  # as before: nobody is quiet
        before = await connection.fetch(f"{AS_IT_WAS} ORDER BY id")
        await to(empty, "upgrade", "head")
        await connection.reload_schema_state()
        assert await connection.fetch(f"{AS_IT_WAS} ORDER BY id") == before
        assert await told(connection) == await stored(connection)
    assert await catalogue(empty) == there
    await connection.close()
