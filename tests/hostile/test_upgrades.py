"""A wish for another protocol is ignored: the request is read and answered as if it were not there."""

import pytest

from tests.hostile.connection import JSON, LIVE, TASK, Connection, chunked, request
from tests.server import Server

WISHES = [
    ("Connection: Upgrade", "Upgrade: h2c"),
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"),
    ("Connection: keep-alive, upgrade", "Upgrade: websocket"),
    ("Upgrade: TLS/1.0, foo", "Connection: UPGRADE"),
]


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("together", [True, False], ids=["in one segment", "in two"])
async def test_the_body_is_read(client, server: Server, wish: tuple[str, ...], together: bool):
    whole = request("POST", "/tasks", *wish, body=TASK)
    pieces = [whole] if together else [whole[: -len(TASK)], whole[-len(TASK) :]]
    with Connection(server) as connection:
        assert connection.send(*pieces).answer().status == 201
        assert connection.send(LIVE).answer().status == 200
    assert len((await client.get("/tasks")).json()) == 1


async def test_a_body_in_chunks_is_read(client, server: Server):
    head = request("POST", "/tasks", *WISHES[0], JSON, "Transfer-Encoding: chunked")
    with Connection(server) as connection:
        assert connection.send(head, chunked(TASK[:5], TASK[5:])).answer().status == 201
        assert connection.send(LIVE).answer().status == 200


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("together", [True, False], ids=["in one segment", "in two"])
async def test_a_body_is_never_taken_for_a_request(client, server: Server, task, wish, together: bool):
    """So a DELETE that a proxy refuses cannot come in the body of a request that it lets through."""
    hidden = request("DELETE", f"/tasks/{task['id']}")
    whole = request("POST", "/tasks", *wish, body=hidden)
    pieces = [whole] if together else [whole[: -len(hidden)], hidden]
    with Connection(server) as connection:
        assert connection.send(*pieces).answer().status == 422
        assert connection.send(LIVE).answer().status == 200
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("wish", WISHES)
def test_requests_behind_it_are_answered(server: Server, wish: tuple[str, ...]):
    first = request("GET", "/health/live", *wish)
    with Connection(server) as connection:
        connection.send(first + LIVE + first + first + LIVE)
        assert [connection.answer().status for _ in range(5)] == [200] * 5


def test_closing_is_heeded_beside_the_wish(server: Server):
    with Connection(server) as connection:
        answer = connection.send(request("GET", "/health/live", "Connection: close, Upgrade", "Upgrade: h2c")).answer()
        assert answer.status == 200
        assert connection.closed()


def test_other_headers_are_heeded_beside_the_wish(server: Server):
    with Connection(server) as connection:
        answer = connection.send(request("GET", "/health/live", *WISHES[0], "X-Request-ID: beside")).answer()
    assert answer.headers["x-request-id"] == "beside"


@pytest.mark.parametrize(("target", "status"), [("localhost:5432", 400), ("/tasks", 405)])
def test_a_tunnel_is_refused(server: Server, target: str, status: int):
    with Connection(server) as connection:
        answers = list(connection.send(request("CONNECT", target) + LIVE).answers())
    assert [answer.status for answer in answers] == [status]
