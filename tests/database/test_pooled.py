"""Behind a transaction pooler nothing is kept from one statement to the next; on a direct connection all is."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.engine import create_engine, create_migration_engine
from donebook.db.limits import Limits
from donebook.db.url import parse_database_url
from tests.database.pooler import WIRE, route, routes
from tests.server import Server

NEON = "postgresql://u:p@ep-calm-sea-123456{}.eu-central-1.aws.neon.tech/db?sslmode=require"
OFF = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
CLIENTS, TURNS = 16, 5


class Stopped(Exception):
    """The connection is not really wanted."""


async def connecting(engine: AsyncEngine) -> dict[str, Any]:
    """What the driver is told when a connection is opened."""
    told: dict[str, Any] = {}

    def stop(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        told.update(options)
        raise Stopped

    event.listen(engine.sync_engine, "do_connect", stop)
    with pytest.raises(Stopped):
        await engine.connect()
    return told


async def test_a_poolers_host_switches_both_caches_off_and_sets_nothing_for_the_session():
    told = await connecting(create_engine(parse_database_url(NEON.format("-pooler")), Limits()))
    assert told["host"] == "ep-calm-sea-123456-pooler.eu-central-1.aws.neon.tech"
    assert told["server_settings"] == {}
    assert OFF.items() <= told.items()


async def test_a_direct_host_keeps_both_caches_and_limits_statements():
    told = await connecting(create_engine(parse_database_url(NEON.format("")), Limits()))
    assert not OFF.keys() & told.keys()
    assert "statement_timeout" in told["server_settings"]


async def test_migrations_go_past_the_pooler_and_may_take_their_time():
    pool = create_engine(parse_database_url(NEON.format("-pooler")), Limits())
    told = await connecting(create_migration_engine(pool))
    assert told["host"] == "ep-calm-sea-123456.eu-central-1.aws.neon.tech"
    assert "statement_timeout" not in told["server_settings"]
    assert "command_timeout" not in told


@pytest.mark.parametrize("name", routes())
async def test_many_clients_behind_a_pooler(name, empty_url, tmp_path):
    """Migrated past it, then served through it: every answer is right, and no statement is kept under a name."""
    async with route(name, empty_url) as (pooled, wire):
        server = Server(tmp_path, DATABASE_URL=pooled)
        await asyncio.to_thread(server.start)
        said_at_start = wire.said
        wire.clear()
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            await asyncio.gather(*(use(http, number) for number in range(CLIENTS)))
            assert (await http.get("/tasks")).json() == []
        assert await asyncio.to_thread(server.stop) == 0
    if name == WIRE:
        assert len(wire.prepared) > CLIENTS * TURNS * 4
        assert set(wire.prepared) == {""}
    else:
        assert "B" in said_at_start, "migrations go past PgBouncer"
        assert wire.said == "", "requests go through it"


async def use(http: httpx.AsyncClient, number: int) -> None:
    for turn in range(TURNS):
        title = f"{number} {turn}"
        created = await http.post("/tasks", json={"title": title})
        assert (created.status_code, created.json()["title"]) == (201, title)
        task = created.json()["id"]
        changed = await http.put(f"/tasks/{task}", json={"description": title})
        assert (changed.status_code, changed.json()["description"]) == (200, title)
        listed = await http.get("/tasks")
        assert changed.json() in listed.json()
        assert (await http.delete(f"/tasks/{task}")).status_code == 204
