"""What a request says of itself is heeded or refused, never ignored."""

import pytest

from tests.hostile.connection import JSON, LIVE, TASK, Connection, chunked, request
from tests.server import Server


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "identity, gzip", "x"])
async def test_an_encoded_body_is_refused(client, server: Server, coding: str):
    with Connection(server) as connection:
        answer = connection.send(request("POST", "/tasks", f"Content-Encoding: {coding}", body=TASK)).answer()
        assert (answer.status, answer.json()["type"]) == (415, "unknown-coding")
        assert connection.send(LIVE).answer().status == 200
    assert (await client.get("/tasks")).json() == []


def test_one_that_says_that_it_is_not_encoded_is_taken(server: Server):
    with Connection(server) as connection:
        assert (
            connection.send(request("POST", "/tasks", "Content-Encoding: identity", body=TASK)).answer().status == 201
        )


@pytest.mark.parametrize("coding", ["gzip, chunked", "identity, chunked", "chunked, chunked"])
async def test_a_transfer_coding_that_is_not_known_is_refused(client, server: Server, coding: str):
    with Connection(server) as connection:
        head = request("POST", "/tasks", JSON, f"Transfer-Encoding: {coding}")
        answers = list(connection.send(head + chunked(TASK) + LIVE).answers())
    assert answers[0].status in (400, 501)
    assert len(answers) == 1
    assert (await client.get("/tasks")).json() == []


async def test_two_transfer_codings_in_two_lines_are_refused(client, server: Server):
    head = request("POST", "/tasks", JSON, "Transfer-Encoding: gzip", "Transfer-Encoding: chunked")
    with Connection(server) as connection:
        answers = list(connection.send(head + chunked(TASK) + LIVE).answers())
    assert [answer.status in (400, 501) for answer in answers] == [True]
    assert (await client.get("/tasks")).json() == []


async def test_chunks_in_http_1_0_are_refused(client, server: Server):
    head = request("POST", "/tasks", JSON, "Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
    with Connection(server) as connection:
        answers = list(connection.send(head + chunked(TASK)).answers())
    assert [answer.status for answer in answers] == [400]
    assert (await client.get("/tasks")).json() == []


@pytest.mark.parametrize("expected", ["200-ok", "100-continue, 200-ok", ""])
async def test_what_cannot_be_expected(client, server: Server, expected: str):
    with Connection(server) as connection:
        sent = request("POST", "/tasks", f"Expect: {expected}", body=TASK)
        answers = list(connection.send(sent).answers())
    assert [answer.status for answer in answers] == [417]
    assert (await client.get("/tasks")).json() == []


def test_what_can_be_expected(server: Server):
    whole = request("POST", "/tasks", "Expect: 100-continue", body=TASK)
    with Connection(server) as connection:
        connection.send(whole[: -len(TASK)])
        assert connection.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert connection.send(TASK).answer().status == 201


async def test_a_body_that_was_refused_before_it_was_sent_is_not_awaited(client, server: Server):
    """The client may send the next request instead, so the connection has to close."""
    head = request("POST", "/tasks", JSON, "Expect: 100-continue", "Content-Length: 2000000")
    with Connection(server) as connection:
        answers = list(connection.send(head).answers())
    assert [answer.status for answer in answers] == [413]


@pytest.mark.parametrize(("version", "status"), [("2.0", 505), ("0.9", 505), ("1.0", 200), ("1.1", 200), ("1.2", 400)])
def test_versions(server: Server, version: str, status: int):
    with Connection(server) as connection:
        answer = connection.send(LIVE.replace(b"HTTP/1.1", f"HTTP/{version}".encode())).answer()
    assert answer.status == status


@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/tasks/trash", "/api/v1/changes"])
@pytest.mark.parametrize(
    "limit", ["1.0", "1e3", "+5", "%205", "5%20", "1_0", "0x5", "٥", "", "9" * 5000, "null", "true"]
)
async def test_a_number_is_made_of_digits(client, path: str, limit: str):
    answer = await client.get(f"{path}?limit={limit}")
    assert answer.status_code == 422
    assert "limit" in answer.json()["detail"]
