"""Places in the log that lead nowhere any more, and where to begin anew: 410."""

import asyncio
import subprocess

import httpx
import pytest

from tests.feed.conftest import add
from tests.feed.copy import Copy, Json, read, snapshot
from tests.feed.follower import PATH, Follower, caught_up, following
from tests.server import DONEBOOK, ROOT, Server, environment
from tests.waiting import until

FEED = "/api/v1/changes"
FORGET = "SELECT forget_changes(workspace_id, now()) FROM logs"


async def gone(http: httpx.AsyncClient, after: str) -> str:
    """What is said of a cursor that leads nowhere, by pages and by streams."""
    details: list[str] = []
    for path in (FEED, PATH):
        answer = await http.get(path, params={"after": after})
        assert answer.status_code == 410, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        document = answer.json()
        assert (document["type"], document["snapshot"]) == ("cursor-gone", "/api/v1/snapshot")
        details.append(document["detail"])
    assert details[0] == details[1]
    return details[0]


async def exact(http: httpx.AsyncClient, taken: Json) -> None:
    """Check that a snapshot and what follows it are the tasks as they are."""
    copy = Copy(taken)
    for change in (await read(http, taken["cursor"]))[0]:
        copy.lay(change)
    assert copy.arranged() == (await snapshot(http))["tasks"]


async def test_what_was_forgotten_cannot_be_followed_and_the_rest_can(http, sql):
    taken = [(await snapshot(http))["cursor"]]
    for number in range(4):
        await add(http, str(number))
        taken.append((await snapshot(http))["cursor"])
    await sql("SELECT pg_sleep(0.01)")
    [row] = await sql("SELECT at FROM changes ORDER BY seq DESC OFFSET 1 LIMIT 1")
    await sql(f"SELECT forget_changes(workspace_id, '{row['at'].isoformat()}') FROM logs")
    assert "go back" in await gone(http, "0")
    for cursor in taken[:2]:
        assert "go back" in await gone(http, cursor)
    for cursor, left in zip(taken[2:], (2, 1, 0), strict=True):
        assert len((await read(http, cursor))[0]) == left
    await exact(http, await snapshot(http))


async def test_a_log_that_was_forgotten_whole_goes_on(site, http, sql):
    cursor = (await snapshot(http))["cursor"]
    await add(http)
    old, now = cursor, (await snapshot(http))["cursor"]
    follower = Follower(lambda: site.url, now)
    async with following(follower):
        await sql(FORGET)
        await gone(http, old)
        assert await read(http, now) == ([], now)
        await add(http)
        await caught_up(follower, seq=(await read(http, now))[0][-1]["seq"])
    assert len(follower.changes) == 1


async def test_the_history_is_what_is_left(http, sql):
    task = await add(http)
    await sql(FORGET)
    assert (await http.get(f"/api/v1/tasks/{task['id']}/history")).status_code == 404
    await http.put(f"/api/v1/tasks/{task['id']}/completion")
    answer = await http.get(f"/api/v1/tasks/{task['id']}/history")
    assert [change["op"] for change in answer.json()["changes"]] == ["update"]


def new_epoch(site: Server) -> str:
    run = subprocess.run(
        [DONEBOOK, "log", "new-epoch"],
        cwd=ROOT / "tests",
        env=environment(DATABASE_URL=site.environment["DATABASE_URL"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


async def test_a_restored_database_has_everybody_begin_anew(site, http, sql):
    """The log was set back by a restore: who has seen more is told so, and nobody follows what is another story."""
    await add(http)
    taken = await snapshot(http)
    follower = Follower(lambda: site.url, taken["cursor"])
    async with following(follower):
        await add(http, "Lost by the restore")
        await until(lambda: _seen(follower))
        assert "1 workspace" in await asyncio.to_thread(new_epoch, site)
        await until(lambda: _refused(follower))
    assert [(status, body["type"]) for status, body in follower.refused] == [(410, "cursor-gone")]
    assert follower.ends == 1, "the stream itself came to its end"
    for cursor in (taken["cursor"], str(follower.last)):
        assert "restored" in await gone(http, cursor)
    taken = await snapshot(http)
    await add(http)
    await exact(http, taken)
    assert (await http.get(FEED, params={"after": "0"})).status_code == 410, "the log was forgotten in part before"


async def test_a_place_beyond_the_head_is_gone(site, http, sql):
    """A restore that forgot to renew the epoch is noticed where the log has not come so far again."""
    await add(http)
    cursor = (await snapshot(http))["cursor"]
    follower = Follower(lambda: site.url, cursor)
    async with following(follower):
        await sql("ALTER TABLE logs DISABLE TRIGGER USER")
        await sql("UPDATE logs SET head = head - 1")
        assert "not come so far" in await gone(http, cursor)
        await until(lambda: _refused(follower))
    await sql("UPDATE logs SET head = head + 1")
    await sql("ALTER TABLE logs ENABLE TRIGGER USER")


async def _seen(follower: Follower) -> bool:
    return bool(follower.changes)


async def _refused(follower: Follower) -> bool:
    return bool(follower.refused)


@pytest.mark.parametrize("arguments", [["log"], ["log", "new-epoch", "--help"]])
def test_the_command_says_what_it_is_for(arguments):
    run = subprocess.run([DONEBOOK, *arguments], capture_output=True, text=True, check=False, env=environment())
    assert "new-epoch" in run.stdout + run.stderr
