"""An answer is one piece on the wire, however many requests a client sends at once."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.contract.expect import UNKNOWN
from tests.server import Server

ENOUGH = 65_536  # bytes: more than any of these answers
ASKED = [
    ("GET", "/health/live", b"200 OK"),
    ("GET", "/tasks", b"200 OK"),
    ("GET", f"/api/v1/tasks/{UNKNOWN}", b"404 Not Found"),
    ("OPTIONS", "/tasks", b"204 No Content"),
    ("HEAD", "/", b"200 OK"),
]


@pytest.fixture
def connection(server: Server, built) -> Iterator[socket.socket]:
    place = urlsplit(server.url)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=10) as opened:
        yield opened


def request(method: str, path: str, *also: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *also, "", ""]).encode()


def complete(answer: bytes, method: str) -> bool:
    """Whether these bytes are one whole answer and no more."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    due = int(length[0]) if length and method != "HEAD" else 0
    return end != b"" and len(body) == due


@pytest.mark.parametrize(("method", "path", "status"), ASKED)
def test_head_and_body_come_together(connection: socket.socket, method: str, path: str, status: bytes):
    for _ in range(20):
        connection.sendall(request(method, path))
        answer = connection.recv(ENOUGH)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert complete(answer, method)


def test_answers_to_requests_that_were_sent_at_once_come_in_their_order(connection: socket.socket):
    ids = [f"{method}-{number}" for number in range(5) for method, _, _ in ASKED]
    paths = [path for _ in range(5) for _, path, _ in ASKED]
    sent = [request(one.partition("-")[0], path, f"X-Request-ID: {one}") for one, path in zip(ids, paths, strict=True)]
    connection.sendall(b"".join([*sent[:-1], sent[-1].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]))
    answers = b"".join(iter(lambda: connection.recv(ENOUGH), b""))
    said = [line[14:].decode() for line in answers.split(b"\r\n") if line.lower().startswith(b"x-request-id: ")]
    assert said == ids


def test_the_beginning_of_a_stream_comes_before_there_is_anything_to_tell(connection: socket.socket):
    connection.sendall(request("GET", "/api/v1/changes/stream"))
    assert connection.recv(ENOUGH).startswith(b"HTTP/1.1 200 OK")
