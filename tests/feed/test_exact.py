"""A snapshot and the changes behind it amount to the tasks as they are, byte for byte, whoever writes meanwhile."""

import json

import httpx

from tests.feed.copy import Copy, Json, read, snapshot
from tests.feed.follower import Follower, caught_up, following
from tests.feed.writers import writing

MANY = "INSERT INTO tasks (workspace_id, title) SELECT id, n::text FROM workspaces, generate_series(1, 20000) AS n"
STATE = "SELECT head FROM logs"


def as_bytes(tasks: list[Json]) -> bytes:
    return json.dumps(tasks, sort_keys=True, ensure_ascii=False).encode()


async def laid(http: httpx.AsyncClient, taken: Json) -> list[Json]:
    """The tasks by a snapshot and all that came behind it."""
    copy = Copy(taken)
    for change in (await read(http, taken["cursor"], 137))[0]:
        copy.lay(change)
    return copy.arranged()


async def test_copies_from_any_point_are_exact_while_eight_write(site, other, http, sql):
    snapshots: list[Json] = [{"cursor": "0", "tasks": []}]
    live = [Follower(lambda: site.url, "0"), Follower(lambda: other.url, "0"), Follower(lambda: other.url)]
    async with (
        writing([site.url, other.url], site.environment["DATABASE_URL"]) as more,
        following(*live),
    ):
        for _ in range(8):
            await more(60)
            snapshots.append(await snapshot(http))
            live.append(Follower(lambda: site.url, snapshots[-1]["cursor"]))
        async with following(*live[3:]):
            await more(100)
    # Nobody writes any more; who followed all the time went on until here.
    [state] = await sql(STATE)
    now = (await snapshot(http))["tasks"]
    assert len(now) > 20
    for taken in snapshots:
        assert as_bytes(await laid(http, taken)) == as_bytes(now)
    whole, _ = await read(http, "0")
    assert [change["seq"] for change in whole] == list(range(1, state["head"] + 1))
    for follower in live:
        assert len(follower.changes) > 50
        logged = whole[follower.seqs[0] - 1 : follower.seqs[-1]]
        for change, later in zip(follower.changes, logged, strict=True):
            assert later in (change, {**change, "diff": {}})  # when the task was deleted for good since


async def test_a_follower_ends_with_an_exact_copy(site, other, http, sql):
    taken = await snapshot(http)
    follower = Follower(lambda: other.url, taken["cursor"])
    async with following(follower):
        async with writing([site.url], site.environment["DATABASE_URL"]) as more:
            await more(200)
        [state] = await sql(STATE)
        await caught_up(follower, seq=state["head"])
    copy = Copy(taken)
    for change in follower.changes:
        copy.lay(change)
    assert as_bytes(copy.arranged()) == as_bytes((await snapshot(http))["tasks"])
    assert follower.streams == 1


async def test_every_task_is_what_its_own_address_says(http):
    for task in (await snapshot(http))["tasks"][:50]:
        answer = await http.get(f"/api/v1/tasks/{task['id']}")
        assert answer.status_code == (200 if task["deleted_at"] is None else 404)
        if answer.status_code == 200:
            assert list(answer.json().items()) == list(task.items())


async def test_many_thousand_rows_at_once_are_followed(site, other, http, sql):
    """By who was there and by who comes later; the ring is too small for all of it."""
    taken = await snapshot(http)
    early, late = Follower(lambda: other.url), Follower(lambda: site.url, taken["cursor"])
    async with following(early):
        await sql(MANY)
        [state] = await sql(STATE)
        async with following(late):
            await caught_up(early, late, seq=state["head"])
    for follower in (early, late):
        assert follower.seqs == list(range(state["head"] - 19_999, state["head"] + 1))
    assert len((await snapshot(http))["tasks"]) == len(taken["tasks"]) + 20_000
    await sql("DELETE FROM tasks")
