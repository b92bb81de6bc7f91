"""The log as its readers take it: change by change, it leads to what the tables hold."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from donebook.accounts.models import DEFAULT_WORKSPACE

NOT_LOGGED = {"workspace_id", "version", "updated_at"}
"""Columns that no diff has: a change says the version and the time beside it."""

type Change = dict[str, Any]
type State = dict[tuple[UUID, UUID], dict[str, Any]]


async def changes(
    connection: asyncpg.Connection, workspace: UUID = DEFAULT_WORKSPACE, *, after: int = 0
) -> list[Change]:
    """What the log of a workspace says, from a number on, in its order."""
    logged = await connection.fetch(
        "SELECT * FROM changes WHERE workspace_id = $1 AND seq > $2 ORDER BY seq", workspace, after
    )
    return [{**change, "diff": json.loads(change["diff"])} for change in logged]


async def head(connection: asyncpg.Connection, workspace: UUID = DEFAULT_WORKSPACE) -> int:
    """The last number that the log of a workspace has given."""
    return await connection.fetchval("SELECT head FROM logs WHERE workspace_id = $1", workspace) or 0


async def stored(connection: asyncpg.Connection) -> State:
    """What the table holds, as the log would say it."""
    return {
        (row["workspace_id"], row["id"]): {name: said(value) for name, value in row.items() if name not in NOT_LOGGED}
        | {"version": row["version"]}
        for row in await connection.fetch("SELECT * FROM tasks")
    }


def said(value: Any) -> Any:
    """A value as JSON has it; times are in UTC and of fixed width."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value) if isinstance(value, UUID) else value


async def told(connection: asyncpg.Connection) -> State:
    """What the log leads to, once it is sure that it has no gaps and that each change fits on what was before."""
    state: State = {}
    for workspace in [row["workspace_id"] for row in await connection.fetch("SELECT workspace_id FROM logs")]:
        logged = await changes(connection, workspace)
        assert [change["seq"] for change in logged] == list(range(1, len(logged) + 1))
        assert await head(connection, workspace) == len(logged)
        for change in logged:
            lay_over(state, change)
    return state


def lay_over(state: State, change: Change) -> None:
    """Take one change over."""
    key, diff = (change["workspace_id"], change["entity_id"]), change["diff"]
    before = {name: values[0] for name, values in diff.items()}
    after = {name: values[1] for name, values in diff.items()} | {"version": change["version"]}
    assert not NOT_LOGGED & diff.keys()
    if change["op"] == "create":
        assert key not in state
        assert set(before.values()) == {None}
        state[key] = after
        return
    was = state.pop(key)
    assert before.items() <= was.items()
    assert change["version"] == was["version"] + 1
    if change["op"] == "update":
        assert all(values[0] != values[1] for values in diff.values())
        state[key] = was | after
    else:
        assert before == {name: value for name, value in was.items() if name != "version"}
        assert {value for name, value in after.items() if name != "version"} == {None}
