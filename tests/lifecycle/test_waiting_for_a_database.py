"""A database that does not answer yet is waited for; one that never does ends the start with one line."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from tests.database.wire import forwarder
from tests.server import PATIENCE, Server
from tests.waiting import wait_until


async def test_a_database_that_comes_later_is_waited_for(database_url, tmp_path):
    url = urlsplit(database_url)
    async with forwarder(url.port or 0) as wire:
        wire.open = False
        there = url._replace(netloc=f"{url.netloc.rpartition(':')[0]}:{wire.port}").geturl()
        server = Server(tmp_path, DATABASE_URL=there)
        starting = asyncio.create_task(asyncio.to_thread(server.start))
        await asyncio.to_thread(wait_until, lambda: wire.turned_away >= 2)
        wire.open = True
        await starting
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await http.get("/health")).status_code == 200
        assert await asyncio.to_thread(server.stop) == 0


@pytest.mark.parametrize("name", ["refused", "unknown"])
def test_a_database_that_never_comes_ends_the_start(unreachable, name):
    output, _ = unreachable[name].communicate(timeout=PATIENCE)
    assert unreachable[name].returncode == 1
    (line,) = output.splitlines()
    assert line.startswith("donebook: cannot use the database ")
    assert "secret" not in line
    assert "/tasks" in line
