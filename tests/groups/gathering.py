"""How writes come to go together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from donebook.db.group import STALLED
from donebook.tasks.models import Task
from donebook.tasks.service import TaskService
from tests.waiting import until

MANY = 40
ALONE = 4  # those that go before there is anybody to wait for
FEW = 12  # those, and the groups
PLACE = "SELECT FROM logs FOR UPDATE"
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

type Asks = Callable[..., TaskService]


@asynccontextmanager
async def gathering(other: asyncpg.Connection, lock: str = PLACE) -> AsyncIterator[None]:
    """Nobody can write meanwhile, so that writes wait for each other."""
    async with other.transaction():
        await other.execute(lock)
        yield
        await until(lambda: blocked(other))
        await asyncio.sleep(2 * STALLED)


async def blocked(other: asyncpg.Connection) -> bool:
    await other.execute("SELECT pg_stat_clear_snapshot()")  # what a transaction has seen of others, it sees again
    return bool(await other.fetchval(BLOCKED))


async def made(tasks: Asks, count: int) -> list[Task]:
    return [(await tasks().add(f"Task {number}", None))[0] for number in range(count)]


async def asked_by(other: asyncpg.Connection, op: str) -> dict[UUID, str]:
    rows = await other.fetch("SELECT entity_id, request_id FROM changes WHERE op = $1", op)
    return {row["entity_id"]: row["request_id"] for row in rows}


async def commits(other: asyncpg.Connection, op: str) -> int:
    """In how many transactions tasks were written."""
    return int(await other.fetchval("SELECT count(DISTINCT xmin::text) FROM changes WHERE op = $1", op))
