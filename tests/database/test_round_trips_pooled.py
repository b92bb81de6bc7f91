"""Behind a pooler each operation is two network round trips: a statement is prepared, then executed, and not kept."""

import asyncio

import httpx

from tests.database.operations import OPERATIONS, prepared
from tests.database.pooler import WIRE, route
from tests.server import Server


async def test_an_operation_is_two_round_trips(empty_url, tmp_path):
    trips = {}
    async with route(WIRE, empty_url) as (pooled, wire):
        server = Server(tmp_path, DATABASE_URL=pooled)
        await asyncio.to_thread(server.start)
        async with httpx.AsyncClient(base_url=server.url) as http:
            for name in [*OPERATIONS, *OPERATIONS]:  # new connections ask about types, and a new server tidies up
                request = await prepared(name, http)
                wire.clear()
                answer = await http.send(request)
                assert answer.is_success, answer.text
                trips[name] = wire.round_trips
        assert await asyncio.to_thread(server.stop) == 0
    assert trips == dict.fromkeys(OPERATIONS, 2)
