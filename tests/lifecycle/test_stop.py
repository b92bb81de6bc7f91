"""However `donebook serve` is told to stop, it finishes what it does and leaves nothing running."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.processes import at_work_in, postmaster
from tests.server import PATIENCE, Server
from tests.waiting import until, wait_until

ENDINGS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
LOCK = "LOCK TABLE tasks IN EXCLUSIVE MODE"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'tasks'::regclass"


def stopped(server: Server, data: Path) -> None:
    """It ends well and silently, and so does its Postgres."""
    assert server.process is not None
    assert server.process.wait(timeout=PATIENCE) == 0
    assert "Traceback" not in server.log()
    assert "Aborted" not in server.log()
    assert postmaster(data) is None
    assert at_work_in(data) == []
    assert not (data / "postgres" / "cluster" / "postmaster.pid").exists()


@pytest.mark.parametrize("to_all", [False, True], ids=["to the server", "to its process group"])
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name)
def test_a_signal_stops_the_server_and_its_postgres(server, data, ending, to_all):
    """A terminal sends Ctrl-C, and its own end, to the whole process group."""
    pid = server.start().process.pid
    assert postmaster(data) is not None
    (os.killpg if to_all else os.kill)(pid, ending)
    stopped(server, data)


def test_impatience_does_not_leave_postgres_behind(server, data):
    pid = server.start().process.pid
    server.process.send_signal(signal.SIGTERM)
    while server.process.poll() is None:
        for ending in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            with suppress(ProcessLookupError):
                os.killpg(pid, ending)
    assert postmaster(data) is None
    assert at_work_in(data) == []


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda ending: ending.name)
async def test_it_stops_while_it_makes_its_first_database(tmp_path, ending):
    data = tmp_path / "data"
    server = Server(tmp_path, DATA_DIR=data)
    starting = asyncio.create_task(asyncio.to_thread(server.start))

    def busy() -> bool:
        return any((data / "postgres").glob("cluster.new-*/base"))

    await asyncio.to_thread(wait_until, busy)
    assert server.process is not None
    server.process.send_signal(ending)
    with pytest.raises(AssertionError, match="did not start"):
        await starting
    assert "Traceback" not in server.log()
    assert at_work_in(data) == []
    await asyncio.to_thread(server.start)
    assert (await asyncio.to_thread(httpx.get, f"{server.url}/tasks")).json() == []
    assert await asyncio.to_thread(server.stop) == 0


async def test_requests_that_are_under_way_are_finished_first(server, data):
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
        blocker = await asyncpg.connect(url(data))
        async with blocker.transaction():
            await blocker.execute(LOCK)
            request = asyncio.create_task(http.post("/tasks", json={"title": "At the last moment"}))
            await until(lambda: blocker.fetchval(WAITING))
            server.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(wait_until, lambda: refuses(server))
        answer = await request
        await blocker.close()
    assert answer.status_code == 201
    await asyncio.to_thread(stopped, server, data)

    await asyncio.to_thread(server.start)
    assert answer.json() in (await asyncio.to_thread(httpx.get, f"{server.url}/tasks")).json()


async def test_a_request_that_does_not_end_does_not_keep_it_from_stopping(server, data):
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
        blocker = await asyncpg.connect(url(data))
        await blocker.execute(f"BEGIN; {LOCK}")
        request = asyncio.create_task(http.post("/tasks", json={"title": "Never"}))
        await until(lambda: blocker.fetchval(WAITING))
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
        blocker.terminate()
        with suppress(httpx.TransportError):
            assert (await request).status_code == 503
    assert postmaster(data) is None
    assert at_work_in(data) == []


def test_an_idle_connection_does_not_keep_it_from_stopping(server, data):
    server.start()
    with httpx.Client(base_url=server.url) as http, socket.create_connection(("127.0.0.1", server.port)):
        assert http.get("/tasks").headers.get("connection") != "close"
        server.process.send_signal(signal.SIGTERM)
        stopped(server, data)


def test_a_database_that_is_not_its_own_is_left_running(database_url, cluster, tmp_path):
    pid = cluster.pid
    with Server(tmp_path, DATABASE_URL=database_url, DATA_DIR=tmp_path / "data") as server:
        assert server.process is not None
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(timeout=PATIENCE) == 0
    assert cluster.pid == pid
    assert at_work_in(cluster.data)
    assert not (tmp_path / "data").exists()


def url(data: Path) -> str:
    """How to reach the database of an installation."""
    password = (data / "postgres" / "donebook.password").read_text().strip()
    port = (data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[3]
    return f"postgresql://donebook:{password}@127.0.0.1:{port}/donebook"


def refuses(server: Server) -> bool:
    """Whether it takes no more connections."""
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return True
    return False
