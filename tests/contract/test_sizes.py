"""A body over 1 MiB is 413, however it is sent, and the answer arrives."""

import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.contract import wire
from tests.contract.expect import JSON, Task, refused
from tests.server import Server

MIB = 1024 * 1024


def padded(size: int) -> bytes:
    """A valid body of this many bytes."""
    return b'{"title": "Changed"' + b" " * (size - 20) + b"}"


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


@pytest.fixture(params=["POST", "PUT"])
def send(request: pytest.FixtureRequest, client: httpx.AsyncClient, task: Task):
    path = "/tasks" if request.param == "POST" else f"/tasks/{task['id']}"

    async def send(body: bytes | AsyncIterator[bytes]) -> httpx.Response:
        return await client.request(request.param, path, content=body, headers=JSON)

    return send


@pytest.mark.parametrize("size", [MIB - 1, MIB])
async def test_one_mebibyte_is_not_too_large(send, size: int):
    for body in (padded(size), in_chunks(padded(size))):
        answer = await send(body)
        assert answer.status_code in (200, 201)
        assert answer.json()["title"] == "Changed"


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB, 20 * MIB])
async def test_more_is_refused_and_changes_nothing(client, send, task: Task, size: int):
    refused(await send(padded(size)), 413)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB, 20 * MIB])
async def test_more_is_refused_also_when_it_comes_in_chunks(client, send, task: Task, size: int):
    refused(await send(in_chunks(padded(size))), 413)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("size", [MIB + 1, 2 * MIB])
@pytest.mark.parametrize("chunked", [False, True])
async def test_the_refusal_reaches_a_client_that_first_sends_everything(server: Server, size: int, chunked: bool):
    for _ in range(5):
        body = padded(size)
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if chunked else body
        request = wire.request("POST", "/tasks", "Content-Type: application/json", length, body=body)
        refused(wire.exchange(server.url, request), 413)


async def test_a_body_is_refused_by_its_length_before_it_is_sent(server: Server):
    headers = ("Content-Type: application/json", f"Content-Length: {10**12}")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(wire.request("POST", "/tasks", *headers, body=b"{"))
        refused(wire.answer(connection, "POST", b"/tasks"), 413)


async def test_a_client_that_asks_before_it_sends_is_told(server: Server):
    headers = ("Content-Type: application/json", f"Content-Length: {2 * MIB}", "Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(wire.request("POST", "/tasks", *headers))
        refused(wire.answer(connection, "POST", b"/tasks"), 413)


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "+5", "5, 6", "9" * 40])
async def test_a_length_that_is_none_is_refused(server: Server, length: str):
    headers = ("Content-Type: application/json", f"Content-Length: {length}")
    answer = wire.exchange(server.url, wire.request("POST", "/tasks", *headers, body=b"{}"))
    refused(answer, 400 if answer.status_code == 400 else 413)


async def test_the_server_answers_on_the_same_connection_after_a_refusal(client):
    refused(await client.post("/tasks", content=padded(2 * MIB), headers=JSON), 413)
    assert (await client.post("/tasks", content=padded(100), headers=JSON)).status_code == 201
