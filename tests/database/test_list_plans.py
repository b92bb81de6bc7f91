"""Every list and every search of `/api/v1` reads an index, and no more of it than it gives; `make scale` times them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from donebook.db.statement import WORKSPACE, Statement
from donebook.tasks.listing import Listing
from donebook.tasks.models import Task
from donebook.tasks.search.query import Query, scope
from donebook.tasks.search.statement import FIND
from donebook.tasks.since import FEW, MARKS, SAMPLED
from tests.v1.listing import WAYS

MODES = ["force_custom_plan", "force_generic_plan"]
LIMIT = 51
FREQUENT = ("kitchen", "task", "ta", "common words")
BEST = 200
LOOKED_AT = 6000
"""Tasks of 20,000 that a search may look at one by one."""
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def workspace(connection: asyncpg.Connection) -> UUID:
    """One of 20,000 tasks among twenty of 1,000: a quarter done, a tenth in the trash, one a minute."""
    ids: list[UUID] = [
        row["id"]
        for row in await connection.fetch("INSERT INTO workspaces SELECT FROM generate_series(1, 21) RETURNING id")
    ]
    await connection.execute("ALTER TABLE tasks DISABLE TRIGGER USER")
    for number, one in enumerate(ids):
        await connection.execute(
            "INSERT INTO tasks (workspace_id, title, description, completed_at, created_at, updated_at, deleted_at)"
            " SELECT $1, CASE WHEN n % 7 = 0 THEN 'kitchen ' ELSE 'task ' END || n, 'common words ' || md5(n::text),"
            " CASE WHEN n % 4 = 0 THEN now() END, at, at,"
            " CASE WHEN n % 10 = 0 THEN now() END "
            " FROM generate_series(1, $2) AS n,"
            " LATERAL (SELECT $3::timestamptz + n * interval '1 min' AS at) AS minute",
            one,
            20_000 if number == 0 else 1_000,
            BEGUN,
        )
    await connection.execute(
        "INSERT INTO task_search SELECT workspace_id, id, completed_at IS NOT NULL,"
        " search_vector(workspace_id, title, description) FROM tasks WHERE deleted_at IS NULL"
    )
    await connection.execute(
        "INSERT INTO search_words SELECT id, word FROM workspaces, unnest('{common,kitchen,words}'::text[]) AS word"
    )
    await connection.execute("VACUUM ANALYZE tasks, task_search, search_words")
    return ids[0]


async def test_a_page_of_any_list_reads_little_more_than_itself(connection, workspace):
    for sort, completed, since in product(WAYS, (None, False, True), (None, 0, 10_000, 19_900)):
        listing = Listing(
            sort=sort, completed=completed, since=None if since is None else BEGUN + timedelta(minutes=since)
        )
        values = {"limit": LIMIT, WORKSPACE: workspace, **listing.values}
        first = listing.statement(first=True)
        found = await connection.fetch(first.sql, *first.arguments(values))
        middle = {"key": found[len(found) // 2]["sort_key"], "id": found[len(found) // 2]["id"]}
        for statement, more in ((first, {}), (listing.statement(first=False), middle)):
            for mode in MODES:
                nodes = await plan(connection, statement, values | more, mode)
                scans = [node for node in nodes if node.get("Relation Name") == "tasks"]
                assert scans, listing
                assert all("Index" in node["Node Type"] or "Bitmap" in node["Node Type"] for node in scans), listing
                if since is None or sort.endswith("updated_at"):
                    assert all("Index" in node["Node Type"] for node in scans), listing
                    assert sum(read(node) for node in scans) <= 2 * LIMIT, listing
                else:
                    most = 2 * 2 * FEW + 2 * (LIMIT + MARKS) * (SAMPLED + 1)  # of the open ones and of the done ones
                    assert sum(read(node) for node in scans) <= 1.2 * most, listing


async def test_the_trash_is_read_through_its_index(connection, workspace):
    listing = Listing(sort="-deleted_at", keep=timedelta(days=30))
    for mode in MODES:
        values = {"limit": LIMIT, WORKSPACE: workspace, **listing.values}
        nodes = await plan(connection, listing.statement(first=True), values, mode)
        (scan,) = [node for node in nodes if node.get("Relation Name") == "tasks"]
        assert (scan["Index Name"], read(scan)) == ("ix_tasks_trash", LIMIT)


async def test_a_search_asks_the_index_for_words(connection, workspace):
    """What a function reads no plan tells; the database counts it."""
    texts = ["kitchen", "kichen", "task", "ta", "common words", "no such", "common kichen", "18711"]
    since = BEGUN + timedelta(minutes=15_000)
    for text, lately, completed, mode in product(texts, (None, since), (None, False), MODES):
        values = {
            **Query(text).values(scope(workspace)),
            WORKSPACE: workspace,
            "limit": BEST,
            "since": lately,
            "completed": completed,
        }
        await connection.execute(f"SET plan_cache_mode = {mode}")
        async with connection.transaction():
            before = await reads(connection)
            found = await connection.fetch(FIND.sql, *FIND.arguments(values))
            after = await reads(connection)
        what = (text, lately, completed, mode)
        asked = {name for name in after if after[name].scans > before[name].scans}
        assert bool(found) == (text != "no such"), what
        assert not asked & {"tasks", "task_search", "search_words"}, what  # their indexes have names of their own
        at_once = lately is None and text in FREQUENT and len(found) == BEST  # enough come at a glance (`find_tasks`)
        assert "ix_task_search_words" in asked or at_once, what
        for index in ("pk_task_search", "pk_tasks"):
            assert after[index].rows - before[index].rows <= LOOKED_AT, (what, index)


class Reads(NamedTuple):
    """How often a table was read whole, or an index asked, and how many rows or entries it gave."""

    scans: int
    rows: int


async def reads(connection: asyncpg.Connection) -> dict[str, Reads]:
    """What was read by this connection until now."""
    counted = await connection.fetch(
        "SELECT relname, pg_stat_get_xact_numscans(oid), pg_stat_get_xact_tuples_returned(oid)"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
    )
    return {name: Reads(scans, rows) for name, scans, rows in counted}


async def plan(
    connection: asyncpg.Connection, statement: Statement[Task], values: dict[str, Any], mode: str
) -> list[dict[str, Any]]:
    """The nodes by which a statement was executed, without those that were planned and not needed."""
    await connection.execute(f"SET plan_cache_mode = {mode}")
    explained = await connection.fetchval(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.sql}", *statement.arguments(values)
    )
    return [node for node in within(json.loads(explained)[0]["Plan"]) if node["Actual Loops"]]


def read(node: dict[str, Any]) -> int:
    """How many rows a node looked at."""
    rows: int = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return rows


def within(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan, and all below it."""
    yield node
    for below in node.get("Plans", []):
        yield from within(below)
