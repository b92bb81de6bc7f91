"""A million tasks of natural words: few are frequent, most are rare."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID, uuid4

import asyncpg

SIZES = [100_000, 1_000, *[99_900] * 9]
COMMON = [
    "the", "to", "a", "and", "buy", "call", "kitchen", "milk", "meeting",
    "Übung", "café", "project", "report", "garden", "invoice", "house", "email", "review",
]  # fmt: skip
SYLLABLES = [
    "ba", "be", "bi", "bo", "bu", "ca", "ce", "ci", "co", "da", "de", "di", "do", "du", "fa", "fe",
    "fi", "ga", "ge", "go", "ha", "he", "ho", "ka", "ke", "ki", "la", "le", "li", "lo", "ma", "me",
    "mi", "mo",
]  # fmt: skip
LIVES = 500  # changes of one task
LOG = """
INSERT INTO changes (workspace_id, seq, entity, entity_id, op, diff, version, actor, at)
SELECT workspace_id, row_number() OVER (PARTITION BY workspace_id ORDER BY updated_at, id), 'task', id, 'create',
    jsonb_build_object(
        'title', jsonb_build_array(NULL, title), 'description', jsonb_build_array(NULL, description),
        'position', jsonb_build_array(NULL, position)
    ), 1, 'anybody', updated_at
FROM tasks WHERE workspace_id = ANY ($1)
"""
LIFE = """
INSERT INTO changes (workspace_id, seq, entity, entity_id, op, diff, version, actor, at)
SELECT workspace_id, last.seq + number, 'task', entity_id, 'update', '{"title": ["one", "another"]}', number,
    'anybody', at
FROM (
    SELECT DISTINCT ON (workspace_id) workspace_id, seq, entity_id, at FROM changes
    WHERE workspace_id = ANY ($1) ORDER BY workspace_id, seq DESC
) AS last, generate_series(1, $2) AS number
"""
HEADS = """
UPDATE logs SET head = (SELECT max(seq) FROM changes WHERE changes.workspace_id = logs.workspace_id)
WHERE workspace_id = ANY ($1)
"""
COLUMNS = ["workspace_id", "id", "title", "description", "completed_at", "created_at", "updated_at", "deleted_at"]


async def fill(connection: asyncpg.Connection) -> tuple[UUID, UUID]:
    """The workspaces of a hundred thousand tasks and of a thousand."""
    made = await connection.fetch("INSERT INTO workspaces SELECT FROM generate_series(1, $1) RETURNING id", len(SIZES))
    workspaces: list[UUID] = [row["id"] for row in made]
    await connection.execute("ALTER TABLE tasks DISABLE TRIGGER USER")
    for workspace, size in zip(workspaces, SIZES, strict=True):
        await connection.copy_records_to_table("tasks", records=tasks(workspace, size), columns=COLUMNS)
    await connection.execute("ALTER TABLE tasks ENABLE TRIGGER USER")
    await connection.execute(
        "INSERT INTO task_search SELECT workspace_id, id, completed_at IS NOT NULL,"
        " search_vector(workspace_id, title, description) FROM tasks WHERE deleted_at IS NULL"
    )
    await connection.execute(
        "INSERT INTO search_words SELECT DISTINCT workspace_id, word FROM task_search, spelled(words) AS word"
    )
    await log(connection, workspaces[:2])
    await connection.execute("VACUUM ANALYZE")
    return workspaces[0], workspaces[1]


async def log(connection: asyncpg.Connection, workspaces: list[UUID]) -> None:
    """Their log: every task was created, and one of each was changed often."""
    for table in ("changes", "logs"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await connection.execute(LOG, workspaces)
    await connection.execute(LIFE, workspaces, LIVES)
    await connection.execute(HEADS, workspaces)
    for table in ("changes", "logs"):
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tasks(workspace: UUID, size: int) -> Iterator[tuple[Any, ...]]:
    """The records of a workspace: one task every twenty seconds, more than half done, some in the trash."""
    chance = random.Random(7)
    words = COMMON + ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(30_000)]
    now = datetime.now(UTC)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    for number in range(size):
        at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=20 * number)
        title = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(2, 7)))
        if number % 10 == 0:
            title = "".join(chr(chance.randint(0x4E00, 0x5600)) for _ in range(chance.randint(3, 14)))
        if number % 50 == 0:
            title = f"買牛乳を買う{title}"[:30]
        length = chance.choice([0, 0, 0, 8, 15, 25]) or (200 if number % 25 == 0 else 0)
        description = " ".join(chance.choices(words, cum_weights=weights, k=length)) or None
        done = at if chance.random() < 0.6 else None
        gone = now - timedelta(minutes=number % 20_000) if number % 10 == 3 else None
        yield workspace, uuid4(), f"{title} {number}", description, done, at, at + timedelta(hours=1), gone
