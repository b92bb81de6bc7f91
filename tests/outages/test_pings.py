"""A connection that lay idle for long is asked whether it is still there; one that did not is trusted.

In this process, with an engine of Donebook's whose long is short.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db import engine as engines
from donebook.db import pool as pools
from donebook.db.limits import Limits
from donebook.db.session import fetch
from donebook.db.url import parse_database_url
from tests.outages.proxy import Proxy
from tests.rights import FILTERING, may_filter, require

LONG = 0.2  # s
PING, STATEMENT = "Q", "BES"


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[Proxy]:
    async with Proxy(database_url) as running:
        yield running


@pytest.fixture
async def engine(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection, which knows its one statement."""
    monkeypatch.setattr(pools, "PING_AFTER", LONG)
    monkeypatch.setattr(engines, "PING_TIMEOUT", LONG)
    made = engines.create_engine(parse_database_url(proxy.url), Limits(pool_size=1))
    await ask(made)
    proxy.wire.clear()
    yield made
    await made.dispose()


async def ask(engine: AsyncEngine) -> None:
    [row] = await fetch(engine, "SELECT 1 AS one", [], name="SELECT", writes=False)
    assert row["one"] == 1


async def test_a_connection_that_was_just_used_is_not_asked(engine: AsyncEngine, proxy: Proxy):
    await ask(engine)
    assert proxy.wire.said == STATEMENT


async def test_one_that_lay_idle_for_long_is_asked_first_and_then_used(engine: AsyncEngine, proxy: Proxy):
    opened = proxy.connections
    await asyncio.sleep(2 * LONG)
    await ask(engine)
    await ask(engine)
    assert proxy.wire.said == PING + STATEMENT * 2
    assert proxy.connections == opened


async def test_one_that_leads_nowhere_is_replaced(engine: AsyncEngine, proxy: Proxy):
    """Nothing of the statement went that way, so that even a write is safe."""
    require(may_filter(), FILTERING)
    proxy.deafen()
    opened = proxy.connections
    await asyncio.sleep(2 * LONG)
    [row] = await fetch(engine, "SELECT 1 AS one", [], name="SELECT", writes=True)
    assert row["one"] == 1
    assert proxy.connections == opened + 1
