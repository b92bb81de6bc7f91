"""Clients that read nothing, send nothing, or only come: what they take is bounded, and others are answered."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.hostile.connection import JSON, LIVE, Connection, request
from tests.server import Server
from tests.waiting import wait_until

MIB = 2**20
LIST = request("GET", "/tasks")
MANY = 1000
ROUNDS = 200
POOL = 10  # connections to the database, which stay open


@pytest.fixture(scope="module")
def large(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server whose list comes to some 30 MB, and which gives slow clients a second."""
    url = make_database()
    times = {"WRITE_TIMEOUT": 1, "HEAD_TIMEOUT": 1, "BODY_TIMEOUT": 1, "MAX_BUFFERED_MB": 64}
    with Server(tmp_path_factory.mktemp("large"), DATABASE_URL=url, **times) as running:
        insert = (
            "INSERT INTO tasks (workspace_id, title, description)"
            " SELECT id, 'Task', repeat('x', 49000) FROM workspaces, generate_series(1, 600)"
        )
        asyncio.run(execute(url, insert))
        yield running


@pytest.fixture(scope="module")
def small(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server that takes 20 connections."""
    with Server(tmp_path_factory.mktemp("small"), DATABASE_URL=make_database(), MAX_CONNECTIONS=20) as running:
        yield running


def resident(server: Server) -> int:
    """The memory of a server, in bytes."""
    assert server.process is not None
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


def descriptors(server: Server) -> int:
    """How many files and connections a server has open."""
    assert server.process is not None
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def cut_off(server: Server, reason: str) -> float:
    """How many connections were cut off for a reason."""
    wanted = f'donebook_connections_cut_total{{reason="{reason}"}} '
    lines = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


def slowest(server: Server) -> float:
    """The 99th percentile of how long a normal client waits, in s."""
    with httpx.Client(base_url=server.url, timeout=30, verify=NO_TLS) as http:
        took = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            assert http.get("/api/v1/tasks?limit=1").status_code == 200
            took.append(time.perf_counter() - began)
    return sorted(took)[int(ROUNDS * 0.99)]


def test_a_client_that_reads_nothing_is_cut_off(large: Server):
    before = cut_off(large, "slow reader")
    with Connection(large, receive_buffer=4096) as connection:
        connection.send(LIST)
        wait_until(lambda: cut_off(large, "slow reader") == before + 1)


def test_one_that_reads_on_is_not(large: Server):
    """It takes several times as long as one that reads nothing is given."""
    with Connection(large, receive_buffer=4096) as connection:
        connection.send(LIST)
        received = 0
        began = time.monotonic()
        while time.monotonic() - began < 4:
            received += len(connection.socket.recv(1 << 16))
            time.sleep(0.02)
        connection.socket.setsockopt(1, 8, 1 << 20)  # SO_RCVBUF: the rest may come at once
        while rest := connection.socket.recv(1 << 20):
            received += len(rest)
            if rest.endswith(b"}]"):
                break
    assert received > 29_000_000


@pytest.mark.alone
def test_many_that_read_nothing(large: Server):
    """40 of them would take 1.2 GB."""
    httpx.get(f"{large.url}/tasks", timeout=60)
    quiet, open_before = resident(large), descriptors(large)
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(Connection(large, receive_buffer=4096)).send(LIST)
        wait_until(lambda: descriptors(large) <= open_before + POOL)
        wait_until(lambda: resident(large) < quiet + 100 * MIB)


def test_bodies_that_never_come_whole_are_bounded(large: Server):
    """400 of them, each with all but the end of a megabyte, would take 400 MB."""
    before, open_before = resident(large), descriptors(large)
    most = 0
    body = b'{"title": "' + b"x" * (MIB - 100)
    head = request("POST", "/tasks", JSON, f"Content-Length: {MIB}")
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(large)) for _ in range(400)]
        for connection in connections:
            connection.socket.setblocking(False)
            with suppress(BlockingIOError):
                connection.socket.send(head + body)
            most = max(most, resident(large))
        assert httpx.post(f"{large.url}/api/v1/tasks", json={"title": "Small"}, timeout=30).status_code == 201
        most = max(most, resident(large))
        wait_until(lambda: all(answered(connection) for connection in connections))
    assert most - before < 240 * MIB
    wait_until(lambda: descriptors(large) <= open_before + POOL)
    wait_until(lambda: resident(large) < before + 50 * MIB)


def answered(connection: Connection) -> bool:
    """Whether the server has answered, or closed the connection."""
    try:
        connection.socket.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.alone
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX-Slow: "], ids=["idle", "half a head"])
def test_a_thousand_that_send_nothing(large: Server, sent: bytes):
    before = descriptors(large)
    quiet = slowest(large)
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(Connection(large)).send(sent)
        busy = min(slowest(large) for _ in range(3))
        assert busy < 3 * max(quiet, 0.005)
    wait_until(lambda: descriptors(large) <= before + POOL)


def test_a_thousand_are_closed_by_the_server(large: Server):
    before = descriptors(large)
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(Connection(large))
        wait_until(lambda: descriptors(large) <= before + POOL)


def test_an_idle_connection_makes_room_for_a_new_one(small: Server):
    with ExitStack() as stack:
        idle = [stack.enter_context(Connection(small)) for _ in range(50)]
        for connection in idle[-15:]:
            assert connection.send(LIVE).answer().status == 200
        with Connection(small) as another:
            assert another.send(LIVE).answer().status == 200
        assert idle[0].closed()
    wait_until(lambda: "too many connections" in small.log())


def test_none_that_is_answered_does(small: Server):
    """When all are busy, a new one is told so."""
    stream = request("GET", "/api/v1/changes/stream")
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(Connection(small)).send(stream)
            assert connection.socket.recv(100).startswith(b"HTTP/1.1 200")
        with Connection(small) as another:
            answer = another.answer()
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert json.loads(answer.body)["type"] == "too-many-connections"
    wait_until(lambda: live(small))


def live(server: Server) -> bool:
    with Connection(server) as connection:
        return connection.send(LIVE).answer().status == 200


def test_connections_fit_into_the_limit_on_open_files(make_database, tmp_path):
    """Beyond it, connections would be refused without a word."""
    with Limited(tmp_path, DATABASE_URL=make_database()) as server:
        with ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(Connection(server))
            assert live(server)
            assert httpx.get(f"{server.url}/tasks", timeout=30).status_code == 200
        assert "too many connections" in server.log()


class Limited(Server):
    """A server that may open 256 files."""

    command = ["prlimit", "--nofile=256:256", *Server.command]
