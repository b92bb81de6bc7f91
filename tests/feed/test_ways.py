"""The ways to the database of those who follow: past a pooler, through one, and when there is no direct way at all."""

import asyncio
from functools import partial

from msgspec import structs

from donebook.asgi import ENTITIES
from donebook.changes import stream
from donebook.changes.cursor import Cursor
from donebook.changes.hub import Hub
from donebook.db.engine import create_engine
from donebook.db.limits import Limits
from donebook.db.url import parse_database_url
from tests.feed.conftest import add
from tests.feed.follower import Follower, following
from tests.outages.proxy import Proxy
from tests.outages.site import POOLED, Site, running
from tests.outages.site import site as a_site
from tests.server import Server
from tests.waiting import until

HEARTBEAT = 0.2  # s


async def followed(there: Site) -> None:
    """Check that changes by Donebook and past it arrive, once and in order."""
    follower = Follower(lambda: there.server.url)
    async with following(follower):
        for number in range(1, 4):
            await add(there.http, str(number))
            await there.sql("INSERT INTO tasks (workspace_id, title) SELECT id, 'by psql' FROM workspaces")
            await until(partial(_seen, follower, 2 * number))
    assert follower.seqs == list(range(follower.seqs[0], follower.seqs[0] + 6))
    assert follower.streams == 1
    snapshot = await there.http.get("/api/v1/snapshot")
    assert len(snapshot.json()["tasks"]) == 6


async def _seen(follower: Follower, count: int) -> bool:
    return len(follower.changes) >= count


async def test_past_a_pooler(database_url, tmp_path):
    async with a_site(POOLED, database_url, tmp_path) as there:
        await followed(there)
        assert set(there.proxy.wire.prepared) <= {""}, (
            "no statement has a name that the pooler's next client could meet"
        )


async def test_by_what_is_called_direct_and_is_not(database_url, tmp_path):
    """Word of changes does not come through a pooler; the log is read each second all the same."""
    async with a_site(POOLED, database_url, tmp_path) as first:
        pooler = first.proxy.url
        settings = {"DATABASE_URL": pooler, "DATABASE_DIRECT_URL": pooler, "DATABASE_POOLER": "transaction"}
        folder = tmp_path / "second"
        folder.mkdir()
        second = Server(folder, AUTO_MIGRATE="false", **settings)
        async with running(second):
            first.server = second
            await followed(first)


async def test_by_the_pool_when_there_is_no_direct_way(database_url, tmp_path):
    async with (
        Proxy(database_url) as direct,
        a_site(POOLED, database_url, tmp_path, DATABASE_DIRECT_URL=direct.url) as there,
    ):
        direct.refuse()
        direct.cut()
        await followed(there)


async def test_a_line_on_which_it_takes_long_to_connect(site, sql):
    """Until a connection is there, if only after many seconds, changes arrive by the pool."""
    url = site.environment["DATABASE_URL"]
    async with Proxy(url) as direct:
        target = structs.replace(parse_database_url(url), direct_target=parse_database_url(direct.url))
        engine = create_engine(target, Limits())
        hub = Hub(lambda: engine, ENTITIES)
        [log] = await sql("SELECT workspace_id FROM logs")
        async with hub.following(log["workspace_id"], lambda: None) as ring:

            async def asked() -> bool:
                return "E" in direct.wire.said

            async def told() -> bool:
                return ring.head > before

            await until(asked)
            direct.freeze()
            direct.cut()
            before = ring.head
            await sql("INSERT INTO tasks (workspace_id, title) SELECT id, 'x' FROM workspaces")
            await until(told)
            direct.wire.clear()
            direct.delay = 0.35  # before each of the four answers
            direct.thaw()
            await until(asked)
        await hub.stop()
        await engine.dispose()


async def test_silence_is_broken_by_comments(site, sql, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", HEARTBEAT)
    engine = create_engine(parse_database_url(site.environment["DATABASE_URL"]), Limits())
    hub = Hub(lambda: engine, ENTITIES)
    [log] = await sql("SELECT workspace_id, epoch, head FROM logs")
    events = stream.follow(hub, log["workspace_id"], Cursor(log["epoch"], log["head"]), lambda: None, named=False)
    async with asyncio.timeout(60):
        assert (await anext(events)).startswith(b"retry: 1000\nid: ")
        assert [await anext(events) for _ in range(3)] == [b":\n\n"] * 3
        await sql("INSERT INTO tasks (workspace_id, title) SELECT id, 'x' FROM workspaces")
        while (piece := await anext(events)) == b":\n\n":
            pass
        assert piece.startswith(b"id: ")
    await events.aclose()
    await hub.stop()
    await engine.dispose()


async def test_who_waits_to_read_the_log_hears_that_the_connection_is_there(site, http, sql, monkeypatch):
    """In an outage many are behind, and few may try to read at a time."""
    monkeypatch.setattr(stream, "HEARTBEAT", HEARTBEAT)
    await add(http)
    engine = create_engine(parse_database_url(site.environment["DATABASE_URL"]), Limits())
    hub = Hub(lambda: engine, ENTITIES)
    [log] = await sql("SELECT workspace_id, epoch, forgotten FROM logs")
    place = Cursor(log["epoch"], log["forgotten"])
    events = stream.follow(hub, log["workspace_id"], place, lambda: None, named=True)
    async with asyncio.timeout(60):
        assert await anext(events) == b"retry: 1000\n\n"
        async with hub.reading_back, hub.reading_back:
            assert [await anext(events) for _ in range(5)] == [b":\n\n"] * 5
        while (piece := await anext(events)) == b":\n\n":
            pass
        assert b'"op":"create"' in piece
    await events.aclose()
    await hub.stop()
    await engine.dispose()
