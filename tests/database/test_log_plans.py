"""What reads the log, or one task, goes through an index, however long the log is."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from donebook.changes.feed import HISTORY, PAGES
from donebook.changes.repository import LAST_CREATE
from donebook.db.statement import WORKSPACE, Statement
from donebook.snapshot.service import NEXT
from donebook.tasks.repository import CHANGE, EDIT, ONE, RESTORE, TRASH
from donebook.undo.repository import NEWER, RANGE, WRITTEN
from tests.database.test_list_plans import MODES, read, within

TASKS, EDITS = 2000, 4


@pytest.fixture
async def there(connection: asyncpg.Connection) -> tuple[UUID, UUID]:
    """A workspace with a task in the midst of its log, and as many more in another."""
    workspaces = await connection.fetch("INSERT INTO workspaces SELECT FROM generate_series(1, 2) RETURNING id")
    for row in workspaces:
        await connection.execute(
            "INSERT INTO tasks (workspace_id, title) SELECT $1, 'task ' || n FROM generate_series(1, $2) AS n",
            row["id"],
            TASKS,
        )
    for turn in range(EDITS):
        await connection.execute("UPDATE tasks SET title = title || $1::text", str(turn))
    await connection.execute("VACUUM ANALYZE tasks, changes, logs")
    workspace: UUID = workspaces[0]["id"]
    task: UUID = await connection.fetchval(
        "SELECT id FROM tasks WHERE workspace_id = $1 ORDER BY position OFFSET 1000 LIMIT 1", workspace
    )
    return workspace, task


async def test_no_more_is_read_than_is_told(connection, there):
    workspace, task = there
    values: dict[str, Any] = {
        WORKSPACE: workspace, "id": task, "ids": [task], "members": ["title"],
        "last": 1600, "before": 2**62, "most": 1000, "first": 1590,
        "keep": timedelta(days=30), "count": 3, "after": "8", "limit": 20, "versions": None, "title": "x",
        "description": None, "describe": False, "completed": None,
    }  # fmt: skip
    asked: dict[str, tuple[str, list[Any]]] = {
        "a page of the log": (PAGES, [[workspace], [1000], 100, 10**6]),
        "the last page": (PAGES, [[workspace], [TASKS * (1 + EDITS) - 10], 100, 10**6]),
        "a history": (HISTORY, [workspace, task, "task", 0, 100, 10**6]),
    }
    statements: dict[str, Statement[Any]] = {
        "a creation": LAST_CREATE, "newer changes": NEWER, "a range": RANGE, "what was written": WRITTEN,
        "a piece of a snapshot": NEXT, "one task": ONE, "a change": CHANGE, "an edit": EDIT, "to the trash": TRASH,
        "out of it": RESTORE,
    }  # fmt: skip
    asked |= {name: (statement.sql, statement.arguments(values)) for name, statement in statements.items()}
    for name, (sql, arguments) in asked.items():
        for mode in MODES:
            await connection.execute(f"SET plan_cache_mode = {mode}")
            async with connection.transaction():  # what writes
                explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}"
                plan = json.loads(await connection.fetchval(explain, *arguments))[0]["Plan"]
            nodes = [node for node in within(plan) if node["Actual Loops"] and "Scan" in node["Node Type"]]
            scans = [node for node in nodes if node.get("Relation Name") in ("tasks", "changes")]
            assert scans, name
            assert all("Index" in node["Node Type"] or "Bitmap" in node["Node Type"] for node in scans), (name, mode)
            assert sum(read(node) for node in scans) <= 200, (name, mode)
