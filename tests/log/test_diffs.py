"""A diff holds exactly the members that moved, with what they were and what they are."""

import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.log.reading import NOT_LOGGED, changes, said, stored, told

TABLES = """
SELECT relname FROM pg_class JOIN pg_trigger ON tgrelid = pg_class.oid WHERE tgname = 'log_creates' ORDER BY relname
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
FUNCTIONS = "SELECT prosrc FROM pg_proc WHERE proname LIKE 'log\\_' || $1 || '\\_%'"
HIDDEN: dict[str, set[str]] = {}
"""Columns that a table's call of `log_changes` leaves out."""


@pytest.mark.parametrize(
    ("moves", "diff"),
    [
        ("title = 'New'", {"title": ["Old", "New"]}),
        ("title = 'New', description = 'Old'", {"title": ["Old", "New"]}),
        ("title = 'New', description = NULL", {"title": ["Old", "New"], "description": ["Old", None]}),
        ("description = ''", {"description": ["Old", ""]}),
        ("title = 'old'", {"title": ["Old", "old"]}),
        (
            "completed_at = '2026-02-28 23:59:59.5+05:45'",
            {"completed_at": [None, "2026-02-28T18:14:59.500000Z"]},
        ),
        ("deleted_at = '2026-01-01 00:00Z'", {"deleted_at": [None, "2026-01-01T00:00:00.000000Z"]}),
        ("position = '7fffffffffff'", {"position": ["800000000001", "7fffffffffff"]}),
        ("title = title", {}),
        ("version = 99, updated_at = '2000-01-01', created_at = '2000-01-01'", {}),
    ],
)
async def test_an_update_names_what_moved_and_nothing_else(connection, moves, diff):
    task = await connection.fetchrow(
        "INSERT INTO tasks (workspace_id, title, description) VALUES ($1, 'Old', 'Old') RETURNING *", DEFAULT_WORKSPACE
    )
    now = await connection.fetchrow(f"UPDATE tasks SET {moves} RETURNING *")
    [_, change] = await changes(connection)
    assert (change["entity"], change["entity_id"], change["op"]) == ("task", task["id"], "update")
    assert change["diff"] == diff
    assert (change["version"], change["at"]) == (2, now["updated_at"])


async def test_what_a_deleted_row_held_is_in_the_log(connection, three):
    before = await stored(connection)
    await connection.execute("DELETE FROM tasks WHERE id = $1", three[1])
    change = (await changes(connection))[-1]
    assert (change["entity_id"], change["op"], change["version"]) == (three[1], "delete", 2)
    members = before[DEFAULT_WORKSPACE, three[1]]
    assert change["diff"] == {name: [value, None] for name, value in members.items() if name != "version"}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"])
@pytest.mark.parametrize("style", ["ISO, MDY", "SQL, DMY", "German"])
async def test_neither_the_writers_time_zone_nor_its_date_style_matters(connection, zone, style):
    await connection.execute(f"SET TIME ZONE '{zone}'; SET datestyle = '{style}'")
    moment = "timestamptz '2026-03-29 00:59:59.000001Z'"
    await connection.execute(
        "INSERT INTO tasks (workspace_id, title, created_at, completed_at)"
        f" VALUES ('{DEFAULT_WORKSPACE}', 'x', {moment}, {moment})"
    )
    await connection.execute("UPDATE tasks SET completed_at = NULL")
    await connection.execute("DELETE FROM tasks")
    at = "2026-03-29T00:59:59.000001Z"
    said_of = [change["diff"]["completed_at"] for change in await changes(connection)]
    assert said_of == [[None, at], [at, None], [None, None]]
    assert (await changes(connection))[0]["diff"]["created_at"] == [None, at]


async def test_every_column_of_every_logged_table_is_in_the_log(connection, three):
    """When a later migration adds a column, it calls `log_changes` again, or says here that it is hidden."""
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    assert "tasks" in tables
    for table in tables:
        columns = {row["attname"] for row in await connection.fetch(COLUMNS, table)}
        logged = columns - NOT_LOGGED - HIDDEN.get(table, set())
        for function in await connection.fetch(FUNCTIONS, table):
            for column in logged:
                assert f"'{column}'" in function["prosrc"], (table, column)
    columns = {row["attname"] for row in await connection.fetch(COLUMNS, "tasks")}
    await connection.execute("DELETE FROM tasks WHERE id = $1", three[0])
    for change in [(await changes(connection))[0], (await changes(connection))[-1]]:
        assert change["diff"].keys() == columns - NOT_LOGGED - HIDDEN.get("tasks", set())


async def test_a_column_that_comes_later_is_logged_once_log_changes_is_called_again(connection, three):
    """What a migration does; and what is in the log by then stays as it is."""
    await connection.execute("ALTER TABLE tasks ADD colour text, ADD ratio int, ADD seen timestamptz")
    await connection.execute("SELECT log_changes('tasks', 'task', '{ratio}')")
    assert len(await changes(connection)) == 3
    moves = "colour = 'green', ratio = 1, seen = '2026-01-01Z'"
    await connection.execute(f"UPDATE tasks SET {moves} WHERE id = $1", three[0])
    change = (await changes(connection))[-1]
    assert change["diff"] == {"colour": [None, "green"], "seen": [None, "2026-01-01T00:00:00.000000Z"]}
    await connection.execute("INSERT INTO tasks (workspace_id, title) VALUES ($1, 'x')", DEFAULT_WORKSPACE)
    change = (await changes(connection))[-1]
    assert {"colour", "seen"} < change["diff"].keys()
    assert "ratio" not in change["diff"]


async def test_texts_of_all_kinds_come_back_as_they_were(connection):
    texts = ["'; DROP TABLE changes; --", 'a "quoted" \\ backslash', "\n\t\u200b", "😀 e\u0301", "%s %1$s {}"]
    add = "INSERT INTO tasks (workspace_id, title, description) VALUES ($1, $2, $3)"
    for text in texts:
        await connection.execute(add, DEFAULT_WORKSPACE, text, text * 9)
    titles = [change["diff"]["title"][1] for change in await changes(connection)]
    assert [said(title) for title in titles] == texts
    assert await told(connection) == await stored(connection)
