"""Whatever is killed while clients write: what was acknowledged is there, once and whole, and refusals are true."""

import asyncio
import os
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.chaos.history import Outcome
from tests.chaos.site import AFTER, BEFORE, SCENARIOS, Site, kill
from tests.waiting import until


@pytest.fixture(scope="module")
async def site(tmp_path_factory) -> AsyncIterator[Site]:
    """One site for all rounds, so that each is also held against what came before."""
    running = Site(tmp_path_factory.mktemp("chaos"), seed=os.getpid())
    await asyncio.to_thread(running.server.start)
    yield running
    await running.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_nothing_that_was_acknowledged_is_lost(site, scenario):
    done = await site.round(scenario)
    assert done.verdict.faults == {}
    assert done.surprises == []
    assert done.figures[Outcome.DONE] >= BEFORE + AFTER


async def test_a_server_outlives_its_postgres(site):
    """It is back without anybody's help: the same server, on another Postgres, with the same tasks."""
    server, postgres, tasks = site.server.process.pid, site.postmaster, await site.listed()

    async def back() -> bool:
        return site.postmaster not in (None, postgres) and await healthy(site)

    kill(postgres)
    await until(back)
    assert await site.listed() == tasks
    assert (site.server.process.poll(), site.server.process.pid) == (None, server)


async def healthy(site: Site) -> bool:
    """Whether the server reaches its database."""
    async with httpx.AsyncClient(base_url=site.server.url) as http:
        return (await http.get("/health")).status_code == 200
