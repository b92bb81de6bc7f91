"""A table that had rows before it had a log: each row is in the log as it was. And a logged table gets a column.

The revisions are the tests' own, in a copy of the checkout.
"""

import asyncio

import asyncpg
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.database.catalogue import HEAD, catalogue
from tests.database.commands import Checkout
from tests.log.reading import changes, stored, told

FILLED = f"""
INSERT INTO workspaces (id) VALUES ('00000000-0000-7000-8000-00000000000a');
INSERT INTO tasks (workspace_id, title, description, created_at, updated_at, completed_at)
SELECT CASE n % 3 WHEN 0 THEN '00000000-0000-7000-8000-00000000000a' ELSE '{DEFAULT_WORKSPACE}' END::uuid,
    'Task ' || n, CASE n % 2 WHEN 0 THEN 'words' END, '2026-01-01Z'::timestamptz - n * interval '1 day',
    '2026-02-01Z', CASE n % 4 WHEN 0 THEN '2026-01-31Z'::timestamptz END
FROM generate_series(1, 30) AS n;
UPDATE tasks SET title = 'Changed' WHERE title LIKE '%5';
"""
MEMBERS = "workspace_id, id, ordinal, title, description, completed_at, created_at, updated_at, version, position"
AS_IT_WAS = f"SELECT {MEMBERS}, deleted_at FROM tasks ORDER BY id"

LOG = "SELECT log_changes('tasks', 'task', '{}')"
DO_NOT_LOG = """
DO $$ BEGIN
    DROP TRIGGER log_creates ON tasks; DROP TRIGGER log_updates ON tasks; DROP TRIGGER log_deletes ON tasks;
    DROP TRIGGER log_truncate ON tasks;
    DROP FUNCTION log_tasks_creates, log_tasks_updates, log_tasks_deletes;
END $$
"""
COLOUR = f"DO $$ BEGIN ALTER TABLE tasks ADD COLUMN colour text; PERFORM {LOG.removeprefix('SELECT ')}; END $$"
NO_COLOUR = f"DO $$ BEGIN ALTER TABLE tasks DROP COLUMN colour; PERFORM {LOG.removeprefix('SELECT ')}; END $$"


@pytest.fixture
def copy(tmp_path) -> Checkout:
    return Checkout(tmp_path / "checkout")


async def to(copy: Checkout, url: str, direction: str, revision: str) -> None:
    """Take the database to a revision."""
    await asyncio.to_thread(copy.database, "donebook", direction, "--no-prompt", revision, DATABASE_URL=url)


async def test_tasks_that_were_there_are_logged_as_created_and_keep_all_that_they_had(copy, migrated):
    copy.revise("Without a log", DO_NOT_LOG, LOG, number="9998")
    copy.revise("With a log", LOG, DO_NOT_LOG, after="9998")
    there = await catalogue(migrated)
    await to(copy, migrated, "upgrade", "9998")
    connection = await asyncpg.connect(migrated)
    await connection.execute(FILLED)
    assert await connection.fetchval("SELECT count(*) FROM changes") == 0
    before = await connection.fetch(AS_IT_WAS)
    await to(copy, migrated, "upgrade", "9999")
    assert await catalogue(migrated) == there
    assert await connection.fetch(AS_IT_WAS) == before
    assert await told(connection) == await stored(connection)
    logged = [change for row in before for change in await changes(connection, row["workspace_id"])]
    assert {(change["op"], change["actor"]) for change in logged} == {("create", "database")}
    assert {change["entity_id"] for change in logged} == {row["id"] for row in before}
    assert {change["version"] for change in logged} == {1, 2}
    for workspace in {row["workspace_id"] for row in before}:
        begun = {row["id"]: row["created_at"] for row in before}
        times = [begun[change["entity_id"]] for change in await changes(connection, workspace)]
        assert times == sorted(times)
    await connection.execute("INSERT INTO tasks (workspace_id, title) VALUES ($1, 'x')", DEFAULT_WORKSPACE)
    assert await told(connection) == await stored(connection)
    await connection.close()


async def test_a_column_comes_and_goes_and_tasks_and_their_log_stay(copy, migrated):
    copy.revise("Colours", COLOUR, NO_COLOUR)
    there = await catalogue(migrated)
    connection = await asyncpg.connect(migrated)
    await connection.execute(FILLED)
    await connection.execute("UPDATE tasks SET deleted_at = now() WHERE title = 'Task 7'")
    for version in (2, 5):
        before, logged = await connection.fetch(AS_IT_WAS), await changes(connection)
        await to(copy, migrated, "upgrade", "head")
        await connection.reload_schema_state()
        assert await connection.fetch(AS_IT_WAS) == before
        assert await changes(connection) == logged  # tasks are in the log already
        await connection.execute("UPDATE tasks SET colour = 'red' WHERE title = 'Task 8'")
        *earlier, last = await changes(connection)
        assert earlier == logged
        assert (last["op"], last["diff"], last["version"]) == ("update", {"colour": [None, "red"]}, version)

        before, logged = await connection.fetch(AS_IT_WAS), await changes(connection)
        await to(copy, migrated, "downgrade", str(HEAD))
        await connection.reload_schema_state()
        assert await connection.fetch(AS_IT_WAS) == before
        assert await changes(connection) == logged
        assert await catalogue(migrated) == there
        await connection.execute("UPDATE tasks SET description = 'of colours' WHERE title = 'Task 8'")
        await connection.execute("UPDATE tasks SET description = 'words' WHERE title = 'Task 8'")
        assert [change["diff"].keys() for change in (await changes(connection))[-2:]] == [{"description"}] * 2
    await connection.close()
