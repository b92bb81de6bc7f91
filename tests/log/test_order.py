"""However many write at the same time: numbers have no gaps, and whoever follows the log sees them in their order."""

import asyncio
import random
from functools import partial
from uuid import UUID

import asyncpg

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.log.reading import changes, stored, told
from tests.waiting import until

WRITERS, TURNS, WORKSPACES = 8, 25, 3
ADD = "INSERT INTO tasks (workspace_id, title) SELECT $1, 'x' FROM generate_series(1, $2)"
EDIT = "UPDATE tasks SET title = title || '!' WHERE id = (SELECT id FROM tasks WHERE workspace_id = $1 LIMIT 1)"
REMOVE = "DELETE FROM tasks WHERE id = (SELECT id FROM tasks WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1)"


class Change(Exception):
    """Of mind: what was written is taken back."""


async def write(url: str, workspaces: list[UUID], dice: random.Random) -> None:
    """Write, in transactions of all lengths, some of which come to nothing."""
    connection = await asyncpg.connect(url)
    for _ in range(TURNS):
        workspace = dice.choice(workspaces)
        try:
            async with connection.transaction():
                for _ in range(dice.randint(1, 3)):
                    if (done := dice.random()) < 0.6:
                        await connection.execute(ADD, workspace, dice.randint(1, 4))
                    else:
                        await connection.execute(EDIT if done < 0.8 else REMOVE, workspace)
                    await asyncio.sleep(dice.random() / 500)
                if dice.random() < 0.25:
                    raise Change
        except (Change, asyncpg.DeadlockDetectedError):
            pass
    await connection.close()


async def follow(url: str, workspace: UUID, writing: asyncio.Event) -> list[int]:
    """The numbers as a reader sees them who asks, again and again, for what came after the last one."""
    connection = await asyncpg.connect(url)
    seen = [0]
    last = False
    while not last:
        last = not writing.is_set()
        seen += [change["seq"] for change in await changes(connection, workspace, after=seen[-1])]
    await connection.close()
    return seen


async def test_writers_of_several_workspaces_and_their_followers(migrated):
    setup = await asyncpg.connect(migrated)
    made = await setup.fetch(f"INSERT INTO workspaces SELECT FROM generate_series(2, {WORKSPACES}) RETURNING id")
    workspaces = [DEFAULT_WORKSPACE, *(row["id"] for row in made)]
    writing = asyncio.Event()
    writing.set()
    followers = [asyncio.create_task(follow(migrated, workspace, writing)) for workspace in workspaces]
    await asyncio.gather(*(write(migrated, workspaces, random.Random(number)) for number in range(WRITERS)))
    writing.clear()
    for follower, workspace in zip(followers, workspaces, strict=True):
        numbers = await follower
        assert numbers == list(range(len(await changes(setup, workspace)) + 1))
        assert len(numbers) > TURNS
    assert await told(setup) == await stored(setup)
    await setup.close()


async def test_a_number_is_not_given_before_the_one_in_front_of_it_is_certain(migrated):
    """A second writer waits for the first, whose number it gets when that comes to nothing."""
    first, second = [await asyncpg.connect(migrated) for _ in range(2)]
    for how, numbers in (("ROLLBACK", [1]), ("COMMIT", [1, 2, 3])):
        await first.execute(f"BEGIN; INSERT INTO tasks (workspace_id, title) VALUES ('{DEFAULT_WORKSPACE}', '{how}')")
        waiting = asyncio.create_task(second.execute(ADD, DEFAULT_WORKSPACE, 1))
        pid = second.get_server_pid()
        await until(partial(first.fetchval, "SELECT cardinality(pg_blocking_pids($1))", pid))
        assert not waiting.done()
        await first.execute(how)
        await waiting
        assert [change["seq"] for change in await changes(first)] == numbers
    for connection in (first, second):
        await connection.close()


async def test_bulk_statements_over_many_workspaces_wait_for_each_other_and_never_in_a_circle(migrated):
    setup = await asyncpg.connect(migrated)
    made = await setup.fetch("INSERT INTO workspaces SELECT FROM generate_series(1, 20) RETURNING id")
    workspaces = [row["id"] for row in made]

    async def fill(order: list[UUID]) -> None:
        connection = await asyncpg.connect(migrated)
        for turn in range(5):
            await connection.execute(
                "INSERT INTO tasks (workspace_id, title) SELECT unnest($1::uuid[]), $2", order, f"{turn}"
            )
        await connection.close()

    await asyncio.gather(*(fill(random.Random(number).sample(workspaces, 20)) for number in range(6)))
    assert await setup.fetchval("SELECT count(*) FROM logs WHERE head = 30") == 20
    assert await told(setup) == await stored(setup)
    await setup.close()
