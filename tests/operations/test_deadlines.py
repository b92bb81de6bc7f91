"""Every request ends in time: one that never arrives, and one whose statement waits for others."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.contract.expect import refused
from tests.keys.conftest import WAITING, holding
from tests.operations.conftest import counted
from tests.server import Server
from tests.waiting import PAUSE, until

HEAD = b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
CONNECTIONS = 2
REQUEST_TIMEOUT = 1  # s
TABLE = "LOCK TABLE tasks; SELECT FROM tasks"


@pytest.fixture(scope="module")
def hasty(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server that takes a second for a request, while a statement might take ten."""
    settings = {
        "REQUEST_TIMEOUT": REQUEST_TIMEOUT,
        "STATEMENT_TIMEOUT": 10,
        "POOL_SIZE": CONNECTIONS,
        "POOL_TIMEOUT": 0.5,
    }
    with Server(tmp_path_factory.mktemp("hasty"), DATABASE_URL=make_database(), **settings) as running:
        yield running


@pytest.fixture
async def http(hasty: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hasty.url, timeout=30, verify=NO_TLS) as http:
        yield http


@pytest.mark.parametrize("sending", [b"", b"x"], ids=["nothing", "a byte now and then"])
def test_a_body_that_never_arrives_is_408(hasty, sending):
    """And the connection is closed, so that a client that goes on sending keeps nothing."""
    answer, part = b"", None
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=30) as connection:
        connection.sendall(HEAD)
        connection.setblocking(False)
        with suppress(ConnectionError):  # by a byte that came after the end
            while part != b"":
                try:
                    answer += (part := connection.recv(65536))
                except BlockingIOError:
                    connection.sendall(sending)
                    time.sleep(PAUSE)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"content-type: application/json\r\n" in answer
    assert b'"type":"request-timeout"' in answer
    assert httpx.get(f"{hasty.url}/tasks").status_code == 200


def test_a_body_that_leaves_no_time_for_the_answer_is_408(hasty):
    """The database, which was not asked, is not blamed."""
    body = b'{"title": "Late"}'
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=30) as connection:
        connection.sendall(HEAD.replace(b"100000", b"%d" % len(body)) + body[:-1])
        time.sleep(0.85 * REQUEST_TIMEOUT)
        connection.sendall(body[-1:])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"type":"request-timeout"' in answer


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", "too-slow"), ("POST", "outcome-unknown")], ids=["a read", "a write"]
)
async def test_a_statement_that_waits_for_others_is_503_and_frees_its_connection(http, hasty, method, kind):
    """The lock is still held: nobody but us has ended the statements."""
    body = {"json": {"title": "x"}} if method == "POST" else {}
    async with holding(hasty.environment["DATABASE_URL"], TABLE) as holder:
        for _ in range(CONNECTIONS + 1):
            answer = await http.request(method, "/tasks", **body)
            assert refused(answer, 503)["type"] == kind
            assert int(answer.headers["retry-after"]) >= 1

        async def nobody_waits() -> bool:
            await holder.connection.execute("SELECT pg_stat_clear_snapshot()")
            waiting: int = await holder.connection.fetchval(WAITING)
            return waiting == 0

        async def freed() -> bool:
            return (await counted(http))("donebook_pool_connections_in_use") == 0

        await until(nobody_waits)
        await until(freed)
        assert (await http.get("/health")).status_code == 200
    assert (await http.post("/tasks", json={"title": "x"})).status_code == 201
