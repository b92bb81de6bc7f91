"""Everything in `/api/v1` that reads, but for the snapshot, which is as long as there are tasks."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from donebook.changes.cursor import Cursor, write_history
from donebook.tasks.cursor import write
from donebook.tasks.listing import Listing
from donebook.tasks.models import ORDERS
from donebook.wire import timestamp
from tests.v1.listing import PATH, WAYS

PAGE, KEEP = 50, timedelta(days=30)
SEARCHES = [
    "kitchen", "kichen", "the", "to the", "a", "b", "ki", "milk", "mlik", "ubung", "ubng", "牛乳", "乳", "買牛乳を",
    "project meeting", "projetc meeting", "zzzzqqqq", "garden 123", "call kitchen garden", "x y z a b c",
    "call kitchen garden projetc", "buy the kichen meeting", "the to buy kichen", "kichen gaden projetc meting",
    "lamo kelo kichen garden", "review report invoice email house garden kitchen meeting",
]  # fmt: skip
COMPLETED = {None: "", False: " open", True: " done"}

type Request = tuple[str, dict[str, str]]


class Read(Struct, frozen=True):
    """The same request to both workspaces."""

    name: str
    small: Request
    large: Request


async def reads(connection: asyncpg.Connection, small: UUID, large: UUID) -> list[Read]:
    """Every list in every order, with all filters, its first page and one in the midst of it; the log; one task."""
    both = [{name: request async for name, request in requests(connection, one)} for one in (small, large)]
    return [Read(name, request, both[1][name]) for name, request in both[0].items()]


async def requests(connection: asyncpg.Connection, workspace: UUID) -> AsyncIterator[tuple[str, Request]]:
    """The requests to one workspace, by name."""
    for sort, completed, part in product(WAYS, COMPLETED, (None, 0.0, 0.05, 0.5, 0.98, 0.999)):
        since = None if part is None else await lately(connection, workspace, part)
        listing = Listing(sort=sort, completed=completed, since=since)
        name = f"{sort}{COMPLETED[completed]}{'' if part is None else f', the last {1 - part:.1%}'}"
        query: dict[str, str] = {"sort": sort}
        query |= {} if completed is None else {"completed": str(completed).lower()}
        query |= {} if listing.since is None else {"updated_since": timestamp(listing.since)}
        yield name, (PATH, query)
        yield f"{name}, in the midst", (PATH, query | {"cursor": await midst(connection, workspace, listing)})
    trash = Listing(sort="-deleted_at", keep=KEEP)
    yield "trash", (f"{PATH}/trash", {})
    yield "trash, in the midst", (f"{PATH}/trash", {"cursor": await midst(connection, workspace, trash)})
    [log] = await connection.fetch("SELECT epoch, head FROM logs WHERE workspace_id = $1", workspace)
    for name, seq in {"": 0, ", in the midst": log["head"] // 2, ", the last": log["head"] - PAGE}.items():
        yield f"changes{name}", ("/api/v1/changes", {"after": str(Cursor(log["epoch"], seq)), "limit": str(PAGE)})
    [life] = await connection.fetch(
        "SELECT entity_id AS id, array_agg(seq ORDER BY seq) AS numbers FROM changes WHERE workspace_id = $1"
        " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
        workspace,
    )
    history, half = f"{PATH}/{life['id']}/history", life["numbers"][len(life["numbers"]) // 2]
    yield "history", (history, {})
    yield "history, in the midst", (history, {"cursor": write_history(life["id"], half)})
    yield "one task", (f"{PATH}/{life['id']}", {})


async def searches(connection: asyncpg.Connection, workspace: UUID) -> list[Read]:
    """Searches for frequent words and for rare ones, with slips, alone and together, with all filters."""
    found = []
    for text, completed, part in product(SEARCHES, (None, False), (None, 0.5, 0.98)):
        since = None if part is None else await lately(connection, workspace, part)
        query = {"q": text}
        query |= {} if completed is None else {"completed": str(completed).lower()}
        query |= {} if since is None else {"updated_since": timestamp(since)}
        name = f"q={text}{COMPLETED[completed]}{'' if part is None else f', the last {1 - part:.1%}'}"
        found.append(Read(name, (PATH, query), (PATH, query)))
    return found


async def lately(connection: asyncpg.Connection, workspace: UUID, part: float) -> datetime:
    """When that part of the workspace's time was over."""
    [(first, last)] = await connection.fetch(
        "SELECT min(updated_at), max(updated_at) FROM tasks WHERE workspace_id = $1", workspace
    )
    since: datetime = first + (last - first) * part
    return since


async def midst(connection: asyncpg.Connection, workspace: UUID, listing: Listing) -> str:
    """The cursor behind half of a list, or behind as much as leaves a page."""
    key = ORDERS.get(listing.column.removesuffix("_at"), listing.column)
    state = "" if listing.completed is None else f" AND (completed_at IS NOT NULL) = {listing.completed}"
    mine = f"workspace_id = $1 AND (deleted_at IS NULL) = {listing.column != 'deleted_at'}{state}"
    values: list[Any] = [workspace]
    if listing.since is not None:
        mine += " AND updated_at >= $2"
        values.append(listing.since)
    down = " DESC" if listing.sort.startswith("-") else ""
    [(count,)] = await connection.fetch(f"SELECT count(*) FROM tasks WHERE {mine}", *values)
    inside = max(0, min(count // 2, count - PAGE - 2))
    found = await connection.fetch(
        f"SELECT {key} AS place, id FROM tasks WHERE {mine} ORDER BY {key}{down}, id{down} OFFSET {inside} LIMIT 1",
        *values,
    ) or await connection.fetch(f"SELECT {key} AS place, id FROM tasks WHERE workspace_id = $1 LIMIT 1", workspace)
    return write(listing.place(found[0]["place"]), found[0]["id"], listing.name)
