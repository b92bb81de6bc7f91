"""A million tasks, a hundred thousand of them in one workspace: how long lists and searches take there.

`make scale` runs it on a PostgreSQL of its own, in about ten minutes. It ends with an error when a list's 99th
percentile is more than twice that of a workspace of a thousand tasks, or a search's more than 150 ms.
"""

import asyncio
import sys
import tempfile
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg

from donebook.db import migrations
from donebook.db.embedded import acquire
from donebook.db.statement import WORKSPACE, Statement
from donebook.tasks.listing import Listing
from donebook.tasks.models import Task
from donebook.tasks.search.query import Query, scope
from donebook.tasks.search.statement import FIND
from tests.database.clusters import database
from tests.scale.tasks import fill
from tests.v1.listing import WAYS

TIMES = 200
WARM = 10  # executions: from the sixth on a plan may be kept for all values
SLOWER, SEARCH = 2.0, 150.0  # times; ms
SEARCHES = [
    "kitchen", "kichen", "the", "to the", "a", "b", "ki", "milk", "mlik", "ubung", "ubng", "牛乳", "乳", "買牛乳を",
    "project meeting", "projetc meeting", "zzzzqqqq", "garden 123", "call kitchen garden", "x y z a b c",
]  # fmt: skip


async def main(url: str) -> int:
    """Fill, time and tell; how many were too slow."""
    await asyncio.to_thread(migrations.upgrade, database(url))
    connection = await asyncpg.connect(url)
    large, small = await fill(connection)
    slow = 0
    for sort, completed, first in product(WAYS, (None, False, True), (True, False)):
        listing = Listing(sort=sort, completed=completed)
        times = [await page(connection, listing, one, first=first) for one in (small, large)]
        slow += tell(f"{listing.name}, {'first' if first else 'later'} page", times[1], SLOWER * times[0][1])
    for part in (0.0, 0.5, 0.999):
        times = [await page(connection, await lately(connection, one, part), one, first=True) for one in (small, large)]
        slow += tell(f"what changed in the last {1 - part:.1%} of the time", times[1], SLOWER * times[0][1])
    for text, completed in product(SEARCHES, (None, False)):
        values = {**Query(text).values(scope(large)), WORKSPACE: large, "limit": 200, "completed": completed}
        taken = await timed(connection, FIND[False, completed is not None], values)
        slow += tell(f"q={text} completed={completed}", taken, SEARCH)
    await connection.close()
    return slow


async def lately(connection: asyncpg.Connection, workspace: UUID, part: float) -> Listing:
    """The list of what changed after that part of the workspace's time."""
    [(first, last)] = await connection.fetch(
        "SELECT min(updated_at), max(updated_at) FROM tasks WHERE workspace_id = $1", workspace
    )
    since: datetime = first + (last - first) * part - timedelta(microseconds=1)
    return Listing(sort="updated_at", since=since)


async def page(
    connection: asyncpg.Connection, listing: Listing, workspace: UUID, *, first: bool
) -> tuple[float, float]:
    """How long a page takes, see `timed`: the first one, or one in the middle."""
    values = {"limit": 51, WORKSPACE: workspace, **listing.values}
    if not first:
        statement = listing.statement(first=True)
        found = await connection.fetch(statement.sql, *statement.arguments(values | {"limit": 200}))
        values |= {"key": found[-1]["sort_key"], "id": found[-1]["id"]}
    return await timed(connection, listing.statement(first=first), values)


async def timed(
    connection: asyncpg.Connection, statement: Statement[Task], values: dict[str, Any]
) -> tuple[float, float]:
    """The median and the 99th percentile, in ms."""
    arguments = statement.arguments(values)
    times = []
    for _ in range(WARM + TIMES):
        begun = perf_counter()
        await connection.fetch(statement.sql, *arguments)
        times.append(1000 * (perf_counter() - begun))
    times = sorted(times[WARM:])
    return times[TIMES // 2], times[TIMES * 99 // 100]


def tell(what: str, taken: tuple[float, float], limit: float) -> bool:
    """Print a line; whether it took too long."""
    slow = taken[1] > limit
    print(f"{'SLOW' if slow else 'ok  '} {what}: median {taken[0]:.1f} ms, p99 {taken[1]:.1f} of {limit:.1f} ms")
    return slow


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="donebook-scale-") as folder,
        acquire(Path(folder), serving=False) as postgres,
    ):
        sys.exit(min(asyncio.run(main(postgres.url)), 1))
