"""The database keeps what the contract promises, whoever writes."""

import asyncio

import asyncpg
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE

ADD = "INSERT INTO tasks (workspace_id, title, description) VALUES ($1, $2, $3) RETURNING *"
COMBINED = "e\u0301" * 2  # a letter and its combining accent, twice: four code points


@pytest.mark.parametrize("title", ["x", "x" * 200, "😀" * 200, COMBINED * 50, "\n", " "])
async def test_a_title_has_1_to_200_code_points(connection, title):
    assert (await add(connection, title))["title"] == title


@pytest.mark.parametrize("title", ["", "x" * 201, "😀" * 201, COMBINED * 50 + "\u0301"])
async def test_a_title_that_is_empty_or_too_long_is_refused(connection, title):
    with pytest.raises(asyncpg.CheckViolationError, match="ck_tasks_title_length"):
        await add(connection, title)


async def test_a_title_is_not_null(connection):
    with pytest.raises(asyncpg.NotNullViolationError, match="title"):
        await add(connection, None)


async def test_a_description_has_up_to_50_000_code_points(connection):
    assert (await add(connection, "x", "😀" * 50_000))["description"] == "😀" * 50_000
    with pytest.raises(asyncpg.CheckViolationError, match="ck_tasks_description_length"):
        await add(connection, "x", "😀" * 50_001)


async def test_a_task_is_never_changed_before_it_was_created(connection):
    with pytest.raises(asyncpg.CheckViolationError, match="ck_tasks_times"):
        await connection.execute(
            "INSERT INTO tasks (workspace_id, title, updated_at) VALUES ($1, 'x', now() - interval '1 microsecond')",
            DEFAULT_WORKSPACE,
        )


async def test_a_task_belongs_to_a_workspace_that_is_there(connection):
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="fk_tasks_workspace_id"):
        await connection.execute(
            "INSERT INTO tasks (workspace_id, title) VALUES (gen_random_uuid(), 'x')",
        )


async def test_nobody_chooses_the_place_in_the_order(connection):
    with pytest.raises(asyncpg.GeneratedAlwaysError):
        await connection.execute(
            "INSERT INTO tasks (workspace_id, title, ordinal) VALUES ($1, 'x', 1)", DEFAULT_WORKSPACE
        )


async def test_an_update_counts_the_version_and_moves_only_updated_at(connection):
    first = await add(connection, "before")
    second = await connection.fetchrow("UPDATE tasks SET title = 'after' WHERE id = $1 RETURNING *", first["id"])
    assert first["version"] == 1
    assert first["updated_at"] == first["created_at"]
    assert second["updated_at"] > first["updated_at"]
    moved = {"title": "after", "version": 2, "updated_at": second["updated_at"]}
    assert dict(second) == dict(first) | moved


async def test_what_an_update_says_of_times_and_version_is_overruled(connection):
    first = await add(connection, "x")
    second = await connection.fetchrow(
        "UPDATE tasks SET created_at = '2000-01-01', updated_at = '1999-01-01', version = 99 WHERE id = $1 RETURNING *",
        first["id"],
    )
    assert second["created_at"] == first["created_at"]
    assert second["updated_at"] > first["updated_at"]
    assert second["version"] == 2


async def test_updated_at_moves_on_even_when_the_clock_stands_behind_it(connection):
    first = await connection.fetchrow(
        "INSERT INTO tasks (workspace_id, title, updated_at) VALUES ($1, 'x', now() + interval '1 day') RETURNING *",
        DEFAULT_WORKSPACE,
    )
    second = await connection.fetchrow("UPDATE tasks SET title = 'y' WHERE id = $1 RETURNING *", first["id"])
    assert (second["updated_at"] - first["updated_at"]).total_seconds() == 1e-6


async def test_twenty_updates_at_once_of_one_task_give_twenty_versions_in_the_order_of_their_times(migrated):
    pool = await asyncpg.create_pool(migrated, min_size=20, max_size=20)
    task = await add(pool, "x")

    async def change() -> list[asyncpg.Record]:
        touch = "UPDATE tasks SET title = title WHERE id = $1 RETURNING *"
        return [row for _ in range(5) for row in await pool.fetch(touch, task["id"])]

    changed = [row for rows in await asyncio.gather(*(change() for _ in range(20))) for row in rows]
    await pool.close()
    changed.sort(key=lambda row: row["version"])
    assert [row["version"] for row in changed] == list(range(2, 102))
    times = [task["updated_at"], *(row["updated_at"] for row in changed)]
    assert times == sorted(set(times))
    assert {row["created_at"] for row in changed} == {task["created_at"]}


async def test_a_workspace_that_is_removed_takes_its_tasks_along(connection):
    other = await connection.fetchval("INSERT INTO workspaces DEFAULT VALUES RETURNING id")
    kept = await add(connection, "kept")
    await connection.execute("INSERT INTO tasks (workspace_id, title) VALUES ($1, 'gone')", other)
    await connection.execute("DELETE FROM workspaces WHERE id = $1", other)
    assert [row["id"] for row in await connection.fetch("SELECT id FROM tasks")] == [kept["id"]]


async def add(
    connection: asyncpg.Connection | asyncpg.Pool, title: str | None, description: str | None = None
) -> asyncpg.Record:
    (row,) = await connection.fetch(ADD, DEFAULT_WORKSPACE, title, description)
    return row
