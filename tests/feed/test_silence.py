"""Nobody listens: nothing is said, so that the database may sleep. Somebody does: on one connection."""

import asyncio
from time import monotonic

import asyncpg
import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.feed.conftest import add
from tests.feed.follower import Follower, following
from tests.outages.proxy import Proxy
from tests.outages.site import running
from tests.server import Server
from tests.waiting import until

POOL = 10
SETTLED = 0.5  # s: the first write of a server's life empties the trash, once it is answered
QUIET = 2.5  # s: twice as long as those who follow are silent


@pytest.fixture
async def proxy(database_url):
    async with Proxy(database_url) as between:
        yield between


@pytest.fixture
async def quiet(proxy, tmp_path):
    server = Server(tmp_path, DATABASE_URL=proxy.url)
    async with running(server):
        yield server


@pytest.fixture
async def http(quiet):
    async with httpx.AsyncClient(base_url=quiet.url, timeout=60, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def sql(proxy):
    return lambda statement: execute(proxy.direct_url, statement)


async def test_the_database_hears_nothing_while_nobody_listens(quiet, proxy, http, sql):
    await add(http)
    await until(lambda: _settled(proxy))
    proxy.wire.clear()
    opened = proxy.connections
    await asyncio.sleep(QUIET)
    assert proxy.wire.said == ""
    assert proxy.connections == opened

    followers = [Follower(lambda: quiet.url) for _ in range(20)]
    async with following(followers[0]):
        await until(lambda: _followed(sql))
        assert proxy.connections == opened + 1
        async with following(*followers[1:]):
            await add(http)
            await until(lambda: _seen(followers))
            assert len(proxy.lines) <= POOL + 1, "one for all who follow"
        proxy.wire.clear()
        await asyncio.sleep(QUIET)
        assert proxy.wire.said != "", "it is read again and again"
        assert await _followed(sql)

    await until(lambda: _closed(proxy))
    [row] = await sql("SELECT followed_until IS NULL AS left FROM logs")
    assert row["left"], "those who write know at once that nobody listens"
    await add(http)
    await until(lambda: _settled(proxy))
    proxy.wire.clear()
    await asyncio.sleep(QUIET)
    assert proxy.wire.said == ""


async def test_a_write_that_nobody_follows_says_nothing_else(quiet, proxy, http):
    for _ in range(8):
        await add(http)  # until it is prepared
    await until(lambda: _settled(proxy))
    proxy.wire.clear()
    await add(http)
    await asyncio.sleep(0.3)
    assert proxy.wire.said == "BES"


async def test_word_of_many_writes_is_given_once(quiet, proxy, http, sql):
    """Notifications are sent together, at most every 50 ms a workspace."""
    heard = []
    listener = await asyncpg.connect(proxy.direct_url)
    await listener.add_listener("donebook_changes", lambda *told: heard.append(told[3]))
    [row] = await sql("SELECT workspace_id::text AS id FROM logs")
    follower = Follower(lambda: quiet.url)
    async with following(follower):
        await until(lambda: _followed(sql))
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(add(http) for _ in range(100)))
        await asyncio.sleep(0.2)
        took = asyncio.get_running_loop().time() - began
    await listener.close()
    assert set(heard) == {row["id"]}
    assert 1 <= len(heard) <= took / 0.05 + 1


async def _settled(proxy: Proxy) -> bool:
    return monotonic() - proxy.moved > SETTLED


async def _followed(sql) -> bool:
    [row] = await sql("SELECT followed_until > now() AS followed FROM logs")
    return bool(row["followed"])


async def _seen(followers: list[Follower]) -> bool:
    return all(follower.changes for follower in followers)


async def _closed(proxy: Proxy) -> bool:
    """Whether the connection of those who follow is closed: the pool's own are left."""
    return "X" in proxy.wire.said
