"""What the tests of the log share."""

from uuid import UUID

import asyncpg
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE


@pytest.fixture
async def other(connection: asyncpg.Connection) -> UUID:
    """Another workspace than the one that everybody has."""
    made: UUID = await connection.fetchval("INSERT INTO workspaces DEFAULT VALUES RETURNING id")
    return made


@pytest.fixture
async def three(connection: asyncpg.Connection) -> list[UUID]:
    """Three tasks that are there."""
    made = await connection.fetch(
        "INSERT INTO tasks (workspace_id, title) SELECT $1, 'There ' || n FROM generate_series(1, 3) AS n RETURNING id",
        DEFAULT_WORKSPACE,
    )
    return [row["id"] for row in made]
