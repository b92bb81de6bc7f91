"""`GET /tasks` is read through its index: however many tasks others have, only the workspace's own are touched."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg

from donebook.db.statement import WORKSPACE
from donebook.tasks.repository import IN_ORDER

INDEX = "ix_tasks_workspace_id_ordinal"
MODES = ["force_custom_plan", "force_generic_plan"]


async def test_the_list_of_one_large_workspace_is_read_in_order_and_not_sorted(connection):
    workspace = await fill(connection, workspaces=1, tasks=20_000)
    for mode in MODES:
        (only,) = await plan(connection, workspace, mode)
        assert (only["Node Type"], only["Index Name"], only["Actual Rows"]) == ("Index Scan", INDEX, 20_000), mode


async def test_the_list_of_one_workspace_among_many_touches_only_its_own(connection):
    """Which way through the index is cheaper depends on the server's `random_page_cost`; a Seq Scan never is."""
    workspace = await fill(connection, workspaces=50, tasks=100_000)
    for mode in MODES:
        nodes = await plan(connection, workspace, mode)
        assert {node["Index Name"] for node in nodes if "Index Name" in node} == {INDEX}, mode
        assert {node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in nodes} == {2_000}, mode


async def fill(connection: asyncpg.Connection, *, workspaces: int, tasks: int) -> UUID:
    """Tasks of so many workspaces, written as they come in life: by turns. One of the workspaces is returned."""
    made = await connection.fetch("INSERT INTO workspaces SELECT FROM generate_series(1, $1) RETURNING id", workspaces)
    await connection.execute(
        "INSERT INTO tasks (workspace_id, title, description)"
        " SELECT ($1::uuid[])[1 + n % cardinality($1::uuid[])], 'task ' || n, repeat('x', 100)"
        " FROM generate_series(1, $2) AS n",
        [row["id"] for row in made],
        tasks,
    )
    await connection.execute("VACUUM ANALYZE tasks")
    return UUID(str(made[0]["id"]))


async def plan(connection: asyncpg.Connection, workspace: UUID, mode: str) -> list[dict[str, Any]]:
    """The nodes of the plan by which a list was read."""
    await connection.execute(f"SET plan_cache_mode = {mode}")
    arguments = IN_ORDER.arguments({WORKSPACE: workspace})
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {IN_ORDER.sql}", *arguments)
    return list(within(json.loads(explained)[0]["Plan"]))


def within(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan, and all below it."""
    yield node
    for below in node.get("Plans", []):
        yield from within(below)
