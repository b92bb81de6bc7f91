"""Whoever writes, and by whatever means: the log has no gaps, and leads to exactly what the table holds."""

import asyncio
import os
import subprocess

import asyncpg
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.local import APPLICATION
from local_postgres.server import find_programs
from tests.log.reading import changes, head, stored, told

PSQL = find_programs(APPLICATION) / "bin/psql"
SOME = f"INSERT INTO tasks (workspace_id, title, description) SELECT '{DEFAULT_WORKSPACE}'"
FOUND = f"(SELECT '{DEFAULT_WORKSPACE}'::uuid AS w, n, (SELECT id FROM tasks WHERE title = 'There ' || n) AS known"
WAYS = {
    "insert": (f"{SOME}, 'x', 'y'", ["create"]),
    "insert several": (f"{SOME}, 'x ' || n, NULL FROM generate_series(1, 5) AS n", ["create"] * 5),
    "update": ("UPDATE tasks SET title = 'Changed' WHERE title = 'There 2'", ["update"]),
    "update all": ("UPDATE tasks SET title = 'Changed', description = 'All', completed_at = now()", ["update"] * 3),
    "update to the same": ("UPDATE tasks SET title = title", ["update"] * 3),
    "update of none": ("UPDATE tasks SET title = 'x' WHERE false", []),
    "update from another": (
        "UPDATE tasks SET description = o.title FROM tasks AS o WHERE o.title = 'There 1' AND tasks.id <> o.id",
        ["update"] * 2,
    ),
    "update of ids": (
        "UPDATE tasks SET id = uuid7() WHERE title <> 'There 2'",
        ["create", "create", "delete", "delete"],
    ),
    "delete": ("DELETE FROM tasks WHERE title = 'There 3'", ["delete"]),
    "delete all": ("DELETE FROM tasks", ["delete"] * 3),
    "truncate": ("TRUNCATE tasks", ["delete"] * 3),
    "truncate and restart": ("TRUNCATE tasks RESTART IDENTITY CASCADE", ["delete"] * 3),
    "on conflict, update": (
        (
            f"INSERT INTO tasks (workspace_id, id, title) SELECT w, coalesce(known, uuid7()), 'Put ' || n"
            f" FROM {FOUND} FROM generate_series(2, 5) AS n) AS f ON CONFLICT (workspace_id, id)"
            " DO UPDATE SET title = excluded.title"
        ),
        ["create", "create", "update", "update"],
    ),
    "on conflict, nothing": (
        (
            f"INSERT INTO tasks (workspace_id, id, title) SELECT w, coalesce(known, uuid7()), 'Put ' || n"
            f" FROM {FOUND} FROM generate_series(2, 5) AS n) AS f ON CONFLICT DO NOTHING"
        ),
        ["create", "create"],
    ),
    "merge": (
        (
            f"MERGE INTO tasks AS t USING {FOUND} FROM generate_series(0, 5) AS n) AS f ON t.id = f.known"
            " WHEN MATCHED AND n = 1 THEN DELETE"
            " WHEN MATCHED THEN UPDATE SET title = 'Merged ' || n"
            " WHEN NOT MATCHED AND n > 0 THEN INSERT (workspace_id, title) VALUES (f.w, 'Merged ' || n)"
        ),
        ["create", "create", "delete", "update", "update"],
    ),
    "several at once": (
        (
            f"WITH gone AS (DELETE FROM tasks WHERE title = 'There 1' RETURNING *),"
            f" first AS ({SOME}, 'From ' || gone.title, NULL FROM gone), second AS ({SOME}, 'Second', NULL),"
            " here AS (UPDATE tasks SET title = 'Here' WHERE title = 'There 2')"
            " UPDATE tasks SET title = 'There' WHERE title = 'There 3'"
        ),
        ["create", "create", "delete", "update", "update"],
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("three")
async def test_every_statement_is_logged(connection, way):
    statement, ops = WAYS[way]
    before = await head(connection)
    await connection.execute(statement)
    assert sorted(change["op"] for change in await changes(connection, after=before)) == ops
    assert await told(connection) == await stored(connection)


@pytest.mark.usefixtures("three")
async def test_copy_is_logged(connection):
    records = [(DEFAULT_WORKSPACE, f"Copied {n}") for n in range(100)]
    await connection.copy_records_to_table("tasks", columns=["workspace_id", "title"], records=records)
    titles = [change["diff"]["title"][1] for change in await changes(connection, after=3)]
    assert sorted(titles) == sorted(title for _, title in records)
    assert await told(connection) == await stored(connection)


@pytest.mark.usefixtures("three")
async def test_psql_is_logged(connection, migrated):
    script = "UPDATE tasks SET title = 'By psql';\n\\copy tasks (workspace_id, title) FROM pstdin\n"
    ran = await asyncio.to_thread(
        subprocess.run,
        [PSQL, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", migrated],
        input=f"{script}{DEFAULT_WORKSPACE}\tCopied by psql\n\\.\n",
        env=os.environ | {"PGTZ": "Asia/Kathmandu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    logged = await changes(connection, after=3)
    assert [change["op"] for change in logged] == ["update"] * 3 + ["create"]
    assert {change["actor"] for change in logged} == {"database"}
    assert await told(connection) == await stored(connection)


async def test_a_row_that_moves_to_another_workspace_leaves_the_one_log_and_comes_into_the_other(
    connection, three, other
):
    await connection.execute("UPDATE tasks SET workspace_id = $1 WHERE id = ANY ($2)", other, three[:2])
    assert [change["op"] for change in await changes(connection, after=3)] == ["delete"] * 2
    assert [change["op"] for change in await changes(connection, other)] == ["create"] * 2
    assert await told(connection) == await stored(connection)


@pytest.mark.usefixtures("three")
async def test_a_workspace_that_is_removed_takes_its_log_along_and_no_other(connection, other):
    await connection.execute("INSERT INTO tasks (workspace_id, title) VALUES ($1, 'x'), ($1, 'y')", other)
    await connection.execute("UPDATE tasks SET title = 'z' WHERE workspace_id = $1", other)
    await connection.execute("DELETE FROM workspaces WHERE id = $1", other)
    left = "SELECT count(*) FROM (SELECT workspace_id FROM changes UNION ALL SELECT workspace_id FROM logs) AS kept"
    assert await connection.fetchval(f"{left} WHERE workspace_id = $1", other) == 0
    assert await head(connection) == 3
    assert await told(connection) == await stored(connection)


async def test_what_is_taken_back_leaves_no_trace_and_no_gap(connection):
    for how in ("COMMIT", "ROLLBACK", "COMMIT"):
        await connection.execute(f"BEGIN; {SOME}, 'x', NULL; UPDATE tasks SET title = 'y'; {how}")
    async with connection.transaction():
        await connection.execute(f"{SOME}, 'outside', NULL; SAVEPOINT here; {SOME}, 'inside', NULL")
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE tasks SET title = ''")
        await connection.execute("ROLLBACK TO here")
    assert await head(connection) == 6
    assert await told(connection) == await stored(connection)


async def test_a_hundred_thousand_rows_at_once(migrated_url):
    """Also by a session that wrote single rows before, and keeps its plans; `--durations` shows how long it takes."""
    connection = await asyncpg.connect(migrated_url)
    bulk = 100_000
    for statement in (f"{SOME}, 'x', NULL", "UPDATE tasks SET title = 'y', completed_at = now()", "DELETE FROM tasks"):
        await connection.execute(statement)
    await connection.execute(f"{SOME}, 'Task ' || n, NULL FROM generate_series(1, {bulk}) AS n")
    await connection.execute("UPDATE tasks SET completed_at = now()")
    await connection.execute("UPDATE tasks SET title = title || '!' WHERE ordinal % 10 = 0")
    await connection.execute("DELETE FROM tasks")
    counted = await connection.fetch(
        "SELECT op, count(*), min(seq), max(seq), count(DISTINCT entity_id) AS ids FROM changes WHERE seq > 3"
        " GROUP BY op, diff ? 'title' ORDER BY 3"
    )
    await connection.close()
    last = 3
    for op, rows in (("create", bulk), ("update", bulk), ("update", bulk // 10), ("delete", bulk)):
        assert tuple(counted.pop(0)) == (op, rows, last + 1, last + rows, rows)
        last += rows
    assert not counted
