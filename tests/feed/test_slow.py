"""Who takes nothing is cut off, soon enough that nothing is held for him: no memory, no connection."""

import asyncio
import contextlib
import socket

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.feed.conftest import add
from tests.feed.copy import snapshot
from tests.feed.follower import PATH, Follower, caught_up, following
from tests.operations.conftest import counted
from tests.waiting import until

FAT = "INSERT INTO tasks (workspace_id, title, description) SELECT id, n::text, repeat(md5(n::text), 1500)"
MUCH = f"{FAT} FROM workspaces, generate_series(1, 200) AS n"  # 10 MB
IN_USE = "donebook_pool_connections_in_use"


@pytest.fixture
async def much(sql):
    """More than the buffers on the way take."""
    await sql(MUCH)
    yield
    await sql("DELETE FROM tasks")


async def unread(port: int, path: str) -> socket.socket:
    """A request whose answer nobody reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", port))
    await loop.sock_sendall(connection, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


async def rest(connection: socket.socket) -> bytes:
    """What arrives at last; whether it was cut or closed, there is an end."""
    loop, parts = asyncio.get_running_loop(), []
    with contextlib.suppress(ConnectionResetError):
        while part := await loop.sock_recv(connection, 1 << 20):
            parts.append(part)
    connection.close()
    return b"".join(parts)


async def test_who_takes_nothing_is_cut_off(site, http, much, cursor):
    follower = Follower(lambda: site.url, "0")
    silent = [await unread(site.port, f"{PATH}?after=0") for _ in range(3)]
    silent += [await unread(site.port, "/api/v1/snapshot") for _ in range(2)]

    async def held() -> bool:
        now = await counted(http)
        return now("donebook_stream_subscribers") == 4 and now(IN_USE) >= 2

    async def let_go() -> bool:
        now = await counted(http)
        return now("donebook_stream_subscribers") == 1 and now(IN_USE) == 0

    async with following(follower):
        await until(held)
        task = await add(http)
        await until(lambda: _seen(follower, task["id"]))  # others do not wait for him
        await until(let_go)
    for connection in silent:
        answer = await rest(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert not answer.endswith(b"0\r\n\r\n"), "it is no whole answer"
    assert "Traceback" not in site.log()


async def _seen(follower: Follower, task: str) -> bool:
    return any(change["entity_id"] == task for change in follower.changes)


async def test_clients_that_leave_leave_nothing(site, http, much):
    async with httpx.AsyncClient(base_url=site.url, timeout=60, verify=NO_TLS) as leaving:

        async def leave(path: str) -> None:
            async with leaving.stream("GET", path) as answer:
                async for _ in answer.aiter_bytes():
                    return

        for _ in range(5):
            await asyncio.gather(*(leave("/api/v1/snapshot") for _ in range(8)))
            await asyncio.gather(*(leave(f"{PATH}?after=0") for _ in range(20)))

    async def nothing_held() -> bool:
        now = await counted(http)
        return now("donebook_stream_subscribers") == 0 and now(IN_USE) == 0

    await until(nothing_held)
    assert len((await snapshot(http))["tasks"]) >= 200
    assert "Traceback" not in site.log()


async def test_a_snapshot_that_fails_in_the_middle_is_no_json(site, http, sql, much):
    """The database ends the connection while half of it is on the way."""
    connection = await unread(site.port, "/api/v1/snapshot")

    async def under_way() -> bool:
        return (await counted(http))(IN_USE) == 1

    await until(under_way)
    ended = await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
    assert len(ended) == 1
    answer = await rest(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert not answer.endswith(b"0\r\n\r\n")
    assert len((await snapshot(http))["tasks"]) >= 200
    assert (await counted(http))(IN_USE) == 0
    assert "Traceback" not in site.log()


async def test_more_snapshots_than_may_be_taken_at_a_time_wait_for_each_other(site, http, much):
    taken = await asyncio.gather(*(snapshot(http) for _ in range(12)))
    assert {len(each["tasks"]) for each in taken} == {len(taken[0]["tasks"])}
    assert (await counted(http))(IN_USE) == 0


async def test_a_large_change_is_followed(site, http, sql, cursor):
    """Also by who comes later: pages end by their size, not by their number alone."""
    await sql(f"{FAT} FROM workspaces, generate_series(1, 30) AS n")
    after, found, pages = cursor, 0, 0
    while True:
        page = (await http.get("/api/v1/changes", params={"after": after, "limit": 1000})).json()
        found, pages, after = found + len(page["changes"]), pages + 1, page["next"]
        if not page["has_more"]:
            break
    assert found == 30
    follower = Follower(lambda: site.url, cursor)
    async with following(follower):
        await until(lambda: _count(follower, 30))
    await caught_up(follower, seq=follower.seqs[-1])
    await sql("DELETE FROM tasks")


async def _count(follower: Follower, count: int) -> bool:
    return len(follower.changes) == count
