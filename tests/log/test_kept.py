"""The log stands as it was written, for whoever writes: but for retention, and for what was deleted for good."""

import asyncpg
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.log.reading import changes, head

pytestmark = pytest.mark.usefixtures("three")

REFUSED = [
    "UPDATE changes SET diff = '{}'",
    "UPDATE changes SET diff = '{}', erased = true",
    "UPDATE changes SET erased = true",
    "UPDATE changes SET seq = seq + 100",
    "UPDATE changes SET actor = 'somebody'",
    "UPDATE changes SET at = now()",
    "UPDATE changes SET version = version + 1",
    "UPDATE changes SET workspace_id = workspace_id",
    "DELETE FROM changes",
    "DELETE FROM changes WHERE seq = 1",
    "TRUNCATE changes",
    "TRUNCATE workspaces CASCADE",
    "UPDATE logs SET head = 0",
    "UPDATE logs SET head = head - 1",
    "UPDATE logs SET forgotten = head + 1",
    "UPDATE logs SET workspace_id = gen_random_uuid()",
    "UPDATE logs SET head = head + 1",
    "UPDATE logs SET erasures = erasures - 1",
    "INSERT INTO logs SELECT * FROM logs ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + 7",
    "INSERT INTO changes SELECT * FROM changes WHERE false",
    (
        "INSERT INTO changes (workspace_id, seq, entity, entity_id, op, diff, version, actor, at)"
        " SELECT workspace_id, seq + 100, entity, entity_id, op, diff, version, actor, at FROM changes"
    ),
    "DELETE FROM logs",
    "TRUNCATE logs",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_nobody_changes_it(connection, statement):
    before = await changes(connection), await connection.fetch("SELECT * FROM logs")
    with pytest.raises(asyncpg.RestrictViolationError, match="change log"):
        await connection.execute(statement)
    assert (await changes(connection), await connection.fetch("SELECT * FROM logs")) == before


async def test_a_table_that_is_logged_from_now_on_brings_its_rows(connection, three):
    """Not only triggers write the log: the migration that has a table logged does as well."""
    await connection.execute("CREATE TABLE lists (LIKE tasks INCLUDING DEFAULTS)")
    await connection.execute("INSERT INTO lists SELECT * FROM tasks")
    await connection.execute("SELECT log_changes('lists', 'list', '{}')")
    logged = await changes(connection, after=3)
    assert {change["entity_id"] for change in logged} == set(three)
    assert [(change["seq"], change["entity"], change["op"]) for change in logged] == [
        (seq, "list", "create") for seq in (4, 5, 6)
    ]


@pytest.mark.parametrize("moved", ["diff = '{}'", 'erased = true, diff = \'{"title": [null, "x"]}\'', "actor = 'x'"])
async def test_what_is_deleted_may_be_redacted_and_nothing_else(connection, three, moved):
    await connection.execute("DELETE FROM tasks WHERE id = $1", three[0])
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(f"UPDATE changes SET {moved} WHERE entity_id = $1", three[0])


async def test_erasure_takes_the_content_and_leaves_the_rest(connection, three):
    before = await changes(connection)
    await connection.execute("UPDATE tasks SET title = 'Again' WHERE id = $1", three[1])
    await connection.execute("DELETE FROM tasks WHERE id = $1", three[1])
    all_before = await changes(connection)
    await connection.execute("SELECT erase_changes($1, $2)", DEFAULT_WORKSPACE, [three[1]])
    after = await changes(connection)
    assert [change for change in after if change["entity_id"] != three[1]] == [
        change for change in before if change["entity_id"] != three[1]
    ]
    of_it = [change for change in all_before if change["entity_id"] == three[1]]
    assert [change for change in after if change["entity_id"] == three[1]] == [
        change | {"diff": {}, "erased": True} for change in of_it
    ]
    assert len(of_it) == 3


async def test_what_is_still_there_cannot_be_erased(connection, three):
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("SELECT erase_changes($1, $2)", DEFAULT_WORKSPACE, three)
    assert all(change["diff"] for change in await changes(connection))


async def test_retention_takes_the_oldest_in_a_row(connection, three):
    for task in three:
        await connection.execute("UPDATE tasks SET title = 'Again' WHERE id = $1", task)
    logged = await changes(connection)
    forget = "SELECT forget_changes($1, $2)"
    assert await connection.fetchval(forget, DEFAULT_WORKSPACE, logged[0]["at"]) == 0
    assert await connection.fetchval(forget, DEFAULT_WORKSPACE, logged[4]["at"]) == 4
    assert await changes(connection) == logged[4:]
    assert await connection.fetchval("SELECT forgotten FROM logs") == 4
    assert await connection.fetchval("SELECT forget_changes($1, now() + interval '1 day')", DEFAULT_WORKSPACE) == 2
    assert (await changes(connection), await head(connection)) == ([], 6)
    await connection.execute("UPDATE tasks SET title = 'On' WHERE id = $1", three[0])
    assert [change["seq"] for change in await changes(connection)] == [7]


async def test_retention_stops_at_what_is_young_even_when_something_older_stands_behind_it(connection):
    """A row may say a time that is not that of its writing; what is kept has no gaps all the same."""
    add = "INSERT INTO tasks (workspace_id, title, created_at, updated_at)"
    await connection.execute(f"{add} VALUES ($1, 'Old', '2000-01-01', '2000-01-01')", DEFAULT_WORKSPACE)
    assert await connection.fetchval("SELECT forget_changes($1, '2001-01-01')", DEFAULT_WORKSPACE) == 0
    assert [change["seq"] for change in await changes(connection)] == [1, 2, 3, 4]


async def test_retention_reads_no_more_than_it_takes(connection):
    """It takes so many at a time, and who writes waits for no longer than that, however much is old."""
    portion, read = 5000, "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'changes'"
    await connection.execute("CREATE TABLE lists (LIKE tasks INCLUDING DEFAULTS)")
    listed = "INSERT INTO lists (workspace_id, ordinal, title) SELECT $1, n, 'x' FROM generate_series(1, $2::int) AS n"
    await connection.execute(listed, DEFAULT_WORKSPACE, 4 * portion + 7)
    await connection.execute("SELECT log_changes('lists', 'list', '{}')")
    await connection.execute("ANALYZE changes")
    young = await connection.fetchval("SELECT clock_timestamp()")
    for expected in (portion, portion, portion, portion, 3 + 7, 0):
        async with connection.transaction():
            before = await connection.fetchval(read)
            forgotten = await connection.fetchval("SELECT forget_changes($1, $2)", DEFAULT_WORKSPACE, young)
            assert forgotten == expected
            assert await connection.fetchval(read) - before <= 2 * forgotten
