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
    await connection.execute("VACUUM ANALYZE tasks, task_search, search_words")
    return workspaces[0], workspaces[1]


def tasks(workspace: UUID, size: int) -> Iterator[tuple[Any, ...]]:
    """The records of a workspace: one task every twenty seconds, more than half done, some in the trash."""
    chance = random.Random(7)
    words = COMMON + ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(30_000)]
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
        gone = at if chance.random() < 0.03 else None
        yield workspace, uuid4(), f"{title} {number}", description, done, at, at + timedelta(hours=1), gone
