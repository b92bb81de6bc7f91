"""The head of a request: how large it may be, of how many lines, and how long it may take."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.connection import CREATE, JSON, LIVE, TASK, Connection, chunked, request
from tests.server import Server

LIMIT = 65_536  # bytes
LINES = 100


@pytest.fixture(scope="module")
def hasty(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server that waits half a second for a head."""
    with Server(tmp_path_factory.mktemp("heads"), DATABASE_URL=make_database(), HEAD_TIMEOUT=0.5) as running:
        yield running


def resident(server: Server) -> int:
    """The memory of a server, in bytes."""
    assert server.process is not None
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("size", [1000, LIMIT - 200])
def test_a_head_may_be_large(server: Server, size: int):
    with Connection(server) as connection:
        assert connection.send(request("GET", "/health/live", f"X-Large: {'x' * size}")).answer().status == 200
        assert connection.send(LIVE).answer().status == 200


@pytest.mark.parametrize(
    "head",
    [
        request("GET", "/health/live", f"X-Large: {'x' * LIMIT}"),
        request("GET", f"/health/{'x' * LIMIT}"),
        request("GET", f"/health/live?{'x' * LIMIT}"),
        request("GET", "/health/live", f"{'x' * LIMIT}: large"),
        request("GET", "/health/live", *[f"X-{number}: {'x' * 1000}" for number in range(70)]),
        request("GET", "/health/live", *["a: b"] * (LINES + 1)),
        request("GET", "/health/live", *["a: b"] * 2000),
    ],
    ids=["value", "path", "query", "name", "sum", "lines", "many lines"],
)
@pytest.mark.parametrize("pieces", [1, 7])
def test_but_not_any_size(server: Server, head: bytes, pieces: int):
    size = len(head) // pieces + 1
    with Connection(server) as connection:
        connection.send(*(head[start : start + size] for start in range(0, len(head), size)))
        answer = connection.answer()
        assert answer.status == 431
        assert answer.json()["type"] == "head-too-large"
        assert answer.headers["connection"] == "close"
    with Connection(server) as another:
        assert another.send(LIVE).answer().status == 200


def test_what_comes_without_end_is_not_kept(server: Server):
    before = resident(server)
    with Connection(server) as connection:
        connection.send(b"GET /health/live HTTP/1.1\r\nX-Large: ")
        connection.flood(b"x" * 1_000_000)
    assert resident(server) - before < 20_000_000


@pytest.mark.parametrize(
    ("begin", "piece"),
    [(chunked(TASK)[:-2], b"x"), (chunked(TASK)[:-2], b"x: y\r\n"), (b"14;", b"x"), (b"14;", b"x=y;")],
    ids=["a trailer", "trailers", "an extension", "extensions"],
)
def test_nor_is_what_comes_around_a_body(server: Server, begin: bytes, piece: bytes):
    with Connection(server) as connection:
        connection.send(request("POST", "/tasks", JSON, "Transfer-Encoding: chunked"), begin)
        connection.flood(piece * (100_000 // len(piece)))
        assert connection.answer().status == 431


async def test_trailers_are_no_headers(client, server: Server):
    body = chunked(
        TASK, trailers="Idempotency-Key: smuggled\r\nX-Request-ID: smuggled\r\nOrigin: http://evil.example\r\n"
    )
    whole = request("POST", "/tasks", JSON, "Transfer-Encoding: chunked") + body
    with Connection(server) as connection:
        answers = [connection.send(whole).answer() for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert all(answer.headers["x-request-id"] != "smuggled" for answer in answers)
    assert len((await client.get("/tasks")).json()) == 2  # a key would have made it one


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_given_up(hasty: Server, sent: bytes):
    with Connection(hasty) as connection:
        answer = connection.send(sent).answer()
        assert answer.status == 408
        assert connection.closed()


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["nothing", "empty lines"])
def test_a_connection_without_a_request_is_closed(hasty: Server, sent: bytes):
    with Connection(hasty) as connection:
        assert connection.send(sent).closed()


def test_a_byte_now_and_then_does_not_keep_it(hasty: Server):
    with Connection(hasty) as connection:
        connection.socket.settimeout(0.1)
        answer = b""
        for byte in b"GET /health/live HTTP/1.1\r\nX-Slow: " + b"x" * 300:
            try:
                connection.send(bytes([byte]))
                answer += connection.socket.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if answer:
                break
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_nor_does_a_whole_request_before(hasty: Server):
    with Connection(hasty) as connection:
        assert connection.send(CREATE + b"GET /health").answer().status == 201
        assert connection.answer().status == 408
        assert connection.closed()


def test_a_connection_that_was_used_stays_open(hasty: Server):
    """For as long as proxies expect it, not for a head's time."""
    with Connection(hasty) as connection:
        assert connection.send(LIVE).answer().status == 200
        connection.socket.settimeout(1.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)
        connection.socket.settimeout(30)
        assert connection.send(LIVE).answer().status == 200
