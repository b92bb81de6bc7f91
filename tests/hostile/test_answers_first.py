"""What was asked before is answered, whatever comes behind it; nothing behind it is done."""

import pytest

from tests.hostile.connection import CREATE, LIVE, TASK, Connection, request
from tests.keys.conftest import holding
from tests.operations.conftest import counted
from tests.server import Server
from tests.waiting import until

GARBAGE = [
    b"\x00\x01\x02\r\n\r\n",
    b"garbage\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("before", [1, 3])
async def test_garbage_behind_requests(client, server: Server, garbage: bytes, before: int):
    with Connection(server) as connection:
        answers = list(connection.send(CREATE * before + garbage).answers())
    assert [answer.status for answer in answers] == [201] * before + [400]
    assert answers[-1].json()["type"] == "bad-request"
    assert len((await client.get("/tasks")).json()) == before


@pytest.mark.parametrize("rest", [b"zz\r\n", b"-5\r\n", b"14\r\n" + TASK + b"xx"], ids=["size", "sign", "end"])
async def test_a_body_that_breaks_is_no_request(client, server: Server, rest: bytes):
    head = request("POST", "/tasks", "Content-Type: application/json", "Transfer-Encoding: chunked")
    with Connection(server) as connection:
        answers = list(connection.send(head, rest).answers())
    assert [answer.status for answer in answers] == [400]
    assert (await client.get("/tasks")).json() == []


async def test_nothing_behind_garbage_is_done(client, server: Server):
    with Connection(server) as connection:
        answers = list(connection.send(CREATE + GARBAGE[0] + CREATE).answers())
    assert [answer.status for answer in answers] == [201, 400]
    assert len((await client.get("/tasks")).json()) == 1


def test_more_requests_than_are_kept(server: Server):
    with Connection(server) as connection:
        answers = list(connection.send(LIVE * 1000).answers())
    assert len(answers) > 50
    assert [answer.status for answer in answers] == [200] * (len(answers) - 1) + [400]


async def test_a_request_behind_a_stream_keeps_nothing(client, server: Server):
    """A stream has no end, so it is the last answer; when its client leaves, nobody follows any more."""

    async def followers() -> float:
        return (await counted(client))("donebook_stream_subscribers")

    before = await followers()
    with Connection(server) as connection:
        connection.send(request("GET", "/api/v1/changes/stream") + LIVE * 3)
        assert connection.socket.recv(100).startswith(b"HTTP/1.1 200")
        assert await followers() == before + 1

    async def left() -> bool:
        return await followers() == before

    await until(left)
    assert "Traceback" not in server.log()


async def test_a_request_that_waits_ends_with_its_client_though_others_are_behind_it(client, server: Server, task):
    async with holding(server.environment["DATABASE_URL"], "SELECT FROM tasks") as holder:
        with Connection(server) as connection:
            connection.send(request("PUT", f"/tasks/{task['id']}", body=b'{"title": "Left"}') + LIVE)
            await holder.waited_for()

        async def nobody_waits() -> bool:
            return not await holder.waiting()

        await until(nobody_waits)
    assert (await client.get("/tasks")).json() == [task]
