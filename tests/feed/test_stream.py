"""`GET /api/v1/changes/stream`: each change once and in order, wherever it was made, however often one comes back."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.feed.conftest import add, stop
from tests.feed.copy import read
from tests.feed.follower import PATH, Follower, blocks, caught_up, following
from tests.operations.conftest import counted
from tests.server import PATIENCE, Server
from tests.waiting import until

SOON = 2.0  # s: what is promised for changes of which nobody says a word


async def first(http: httpx.AsyncClient, count: int = 1, **how: Any) -> tuple[list[dict[str, str]], httpx.Headers]:
    """The first events of a new stream, and its headers."""
    found: list[dict[str, str]] = []
    async with http.stream("GET", PATH, **how) as answer:
        assert answer.status_code == 200
        async for block in blocks(answer):
            found.append(block)
            if len(found) == count:
                return found, answer.headers
    raise AssertionError


async def test_it_begins_with_its_place_and_no_data(http, cursor):
    [block], headers = await first(http)
    assert block == {"retry": "1000", "id": cursor}
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-store"
    assert "content-length" not in headers


async def test_an_event_is_a_change_as_pages_have_it_and_its_id_a_cursor(site, http, cursor):
    follower = Follower(lambda: site.url)
    async with following(follower):
        for title in ("Milk", "Bread", "Line\nbreaks\r\n \x85 \u2028 \u2029"):
            await add(http, title)
        await caught_up(follower, seq=(await read(http, cursor))[0][-1]["seq"])
    changes, after = await read(http, cursor)
    assert follower.changes == changes
    assert follower.last == after


async def test_an_event_is_one_line_to_every_client(site, http, cursor):
    """Some take more for the end of a line than the standard does."""
    await add(http, "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029z")
    async with http.stream("GET", PATH, params={"after": cursor}) as answer:
        lines = [line async for line in until_data(answer)]
    assert json.loads(lines[-1].removeprefix("data: "))["diff"]["title"][1] == "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029z"


async def until_data(answer: httpx.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        yield line
        if line.startswith("data"):
            return


async def test_it_resumes_from_any_cursor(site, http, cursor):
    await add(http)
    changes, after = await read(http, cursor, limit=1)
    come_back = {"last-event-id": cursor}
    for how in (
        {"headers": come_back},
        {"params": {"after": cursor}},
        {"params": {"after": "0"}, "headers": come_back},
    ):
        [opening, block], _ = await first(http, 2, **how)
        assert opening == {"retry": "1000"}, "it is open, and the place is known"
        assert (block["id"], json.loads(block["data"])) == (after, changes[0]), "browsers come back to the same address"
    follower = Follower(lambda: site.url, cursor)
    async with following(follower):
        await caught_up(follower, seq=changes[-1]["seq"])
    assert follower.changes == changes
    whole = Follower(lambda: site.url, "0")
    async with following(whole):
        await caught_up(whole, seq=changes[-1]["seq"])
    assert whole.seqs == list(range(1, changes[-1]["seq"] + 1))


@pytest.mark.parametrize("header", ["x", "00"])
async def test_an_id_that_is_no_cursor_is_400(http, header):
    answer = await http.get(PATH, headers={"last-event-id": header})
    assert (answer.status_code, answer.json()["type"]) == (400, "bad-cursor")


async def test_what_another_process_writes_arrives(site, other, http, cursor):
    followers = [Follower(lambda: site.url), Follower(lambda: other.url)]
    async with (
        following(*followers),
        httpx.AsyncClient(base_url=other.url, timeout=PATIENCE, verify=NO_TLS) as there,
    ):
        for number in range(10):
            await add(http if number % 2 else there, str(number))
        seq = (await read(http, cursor))[0][-1]["seq"]
        await caught_up(*followers, seq=seq)
    assert followers[0].changes == followers[1].changes
    assert followers[0].seqs == list(range(seq - 9, seq + 1))


async def test_what_is_written_past_donebook_arrives_within_two_seconds(site, http, sql):
    follower = Follower(lambda: site.url)
    async with following(follower):
        for number in range(3):
            await sql("INSERT INTO tasks (workspace_id, title) SELECT id, 'by psql' FROM workspaces")
            written = time.monotonic()
            await until(partial(_seen, follower, number + 1))
            assert time.monotonic() - written < SOON


async def _seen(follower: Follower, count: int) -> bool:
    return len(follower.changes) >= count


async def test_a_stopping_server_ends_its_streams_and_they_go_on_elsewhere(site, other, http, tmp_path):
    leaving = await asyncio.to_thread(Server(tmp_path, DATABASE_URL=site.environment["DATABASE_URL"]).start)
    url = leaving.url
    followers = [Follower(lambda: url) for _ in range(5)]
    async with following(*followers):
        before = await add(http)
        await until(lambda: _all_seen(followers, 1))
        assert leaving.process is not None
        leaving.process.send_signal(signal.SIGTERM)
        await add(http)
        await until(lambda: _all_ended(followers))
        url = other.url
        await asyncio.to_thread(leaving.process.wait, 5)
        after = await add(http)
        await until(lambda: _all_seen(followers, 3))
    for follower in followers:
        assert [change["entity_id"] for change in follower.changes][::2] == [before["id"], after["id"]]
        assert follower.seqs == list(range(follower.seqs[0], follower.seqs[0] + 3))
    assert "Traceback" not in leaving.log()
    assert await stop(leaving) == 0


async def _all_seen(followers: list[Follower], count: int) -> bool:
    return all(len(follower.changes) >= count for follower in followers)


async def _all_ended(followers: list[Follower]) -> bool:
    return all(follower.ends for follower in followers)


async def test_streams_are_counted_apart_from_requests(site, http):
    async def streams(count: int) -> bool:
        return (await counted(http))("donebook_stream_subscribers") == count

    labels = {"method": "GET", "route": PATH}
    before = await counted(http)
    followers = [Follower(lambda: site.url) for _ in range(3)]
    async with following(*followers):
        during = await counted(http)
        assert during("donebook_stream_subscribers") == 3
        assert during("donebook_requests_in_flight") == 1
        await add(http)
        await until(lambda: _all_seen(followers, 1))
        assert (await counted(http))("donebook_stream_events_total") == before("donebook_stream_events_total") + 3
        await asyncio.sleep(1)
    await until(lambda: streams(0))
    after = await counted(http)
    assert (
        after("donebook_requests_total", status=200, **labels)
        == before("donebook_requests_total", status=200, **labels) + 3
    )
    name = "donebook_request_duration_seconds_sum"
    assert after(name, **labels) - before(name, **labels) < 3


async def test_the_log_says_for_how_long_a_stream_was_open(site, http):
    follower = Follower(lambda: site.url)
    async with following(follower):
        await asyncio.sleep(1)

    async def said() -> bool:
        lines = [json.loads(line) for line in site.log().splitlines() if line.startswith("{")]
        streams = [line for line in lines if line.get("path") == PATH and line.get("open_s", 0) >= 1]
        return bool(streams) and streams[-1]["status"] == 200 and streams[-1]["ms"] < 1000 * streams[-1]["open_s"]

    await until(said)


async def test_what_was_deleted_for_good_is_not_told_any_more(site, http, cursor):
    there = Follower(lambda: site.url)  # not from a place that has nothing behind it: its stream would begin in silence
    async with following(there):
        task = (await http.post("/api/v1/tasks", json={"title": "A secret"})).json()["id"]
        await until(partial(_seen, there, 1))
        await http.delete(f"/api/v1/tasks/{task}")
        await http.delete(f"/api/v1/tasks/trash/{task}")
        await until(partial(_seen, there, 3))
        late = Follower(lambda: site.url, cursor)
        async with following(late):
            await until(partial(_seen, late, 3))
    assert [change["diff"] for change in late.changes] == [{}, {}, {}]
    assert there.changes[0]["diff"]["title"] == [None, "A secret"]
    assert late.seqs == there.seqs


async def test_what_has_no_row_any_more_is_not_told_either_once_it_was_deleted_for_good(site, http, sql, cursor):
    """Nothing is logged then, so nothing is news: who keeps events in memory has to drop them all the same."""
    there, late = Follower(lambda: site.url), Follower(lambda: site.url, cursor)
    async with following(there):
        task = (await add(http, "A secret"))["id"]
        await sql(f"DELETE FROM tasks WHERE id = '{task}'")
        await until(partial(_seen, there, 2))
        assert (await http.delete(f"/api/v1/tasks/trash/{task}")).status_code == 204
        await add(http, "next")
        await until(partial(_seen, there, 3))
        async with following(late):
            await until(partial(_seen, late, 3))
    assert [change["diff"] for change in late.changes[:2]] == [{}, {}]
    assert there.changes[0]["diff"]["title"] == [None, "A secret"]
    assert late.seqs == there.seqs
