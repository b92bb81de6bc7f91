"""Stopping finishes what runs and fails nobody; asked twice it is at once."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

import httpx

from tests.conftest import NO_TLS, execute
from tests.keys.conftest import holding
from tests.lifecycle.test_stop import refuses
from tests.operations.rolling import load
from tests.server import PATIENCE, Server
from tests.waiting import wait_until

ROWS = "SELECT FROM workspaces"
A_WHILE = 100  # answers


def go_on(answers: Callable[[], int]) -> None:
    """Wait until there are some more answers."""
    enough = answers() + A_WHILE
    wait_until(lambda: answers() > enough)


async def test_a_running_request_is_finished_and_no_connection_is_taken(tmp_path, database_url):
    server = Server(tmp_path, DATABASE_URL=database_url)
    await asyncio.to_thread(server.start)
    assert server.process is not None
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, verify=NO_TLS) as http,
        holding(database_url, ROWS) as holder,
    ):
        request = asyncio.create_task(http.post("/tasks", json={"title": "At the last moment"}))
        await holder.waited_for()
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(wait_until, lambda: refuses(server))
        assert server.process.poll() is None
        await holder.release()
        answer = await request
    assert answer.status_code == 201
    assert answer.headers["connection"] == "close"
    assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
    assert [str(row["id"]) for row in await execute(database_url, "SELECT id FROM tasks")] == [answer.json()["id"]]


async def test_asked_a_second_time_it_does_not_wait_for_running_requests(tmp_path, database_url):
    server = Server(tmp_path, DATABASE_URL=database_url, REQUEST_TIMEOUT=60, STATEMENT_TIMEOUT=60)
    await asyncio.to_thread(server.start)
    assert server.process is not None
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, verify=NO_TLS) as http,
        holding(database_url, ROWS) as holder,
    ):
        request = asyncio.create_task(http.post("/tasks", json={"title": "Never"}))
        await holder.waited_for()
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(wait_until, lambda: refuses(server))
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
        with suppress(httpx.TransportError):
            assert (await request).status_code == 503
    assert "Traceback" not in server.log()
    assert "graceful shutdown exceeded" not in server.log(), "it waited for all the time that one SIGTERM gives"


def test_a_rolling_restart_of_two_processes_fails_no_request(tmp_path, database_url):
    for number in (0, 1):
        (tmp_path / str(number)).mkdir()
    servers = [Server(tmp_path / str(number), DATABASE_URL=database_url).start() for number in (0, 1)]

    def restart_each(answers: Callable[[], int]) -> None:
        for server in servers:
            go_on(answers)
            assert server.stop() == 0
            go_on(answers)
            server.start()
        go_on(answers)

    try:
        clients = load([server.port for server in servers], restart_each)
    finally:
        for server in servers:
            server.kill()
    assert [client.failure for client in clients if client.failure] == []
    statuses = [status for client in clients for status in client.statuses]
    assert set(statuses) == {201}
    [row] = asyncio.run(execute(database_url, "SELECT count(*) FROM tasks"))
    assert row["count"] == len(statuses)
    assert all(client.connections > 1 for client in clients), "none has seen a restart"
