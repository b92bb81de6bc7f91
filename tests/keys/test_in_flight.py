"""Two requests with one key at the same time: one writes, the other is told to wait or gets the same answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.expect import refused
from tests.keys.conftest import WRITES, alike, replayed
from tests.server import Server

WORKSPACE = "SELECT FROM workspaces"
"""Every keyed write refers to its row, and so waits for whoever holds it, when all but the commit is done."""
TASKS = "SELECT FROM tasks"
PROCESSES, RACERS, KEYS = 3, 8, 50


@pytest.mark.parametrize(
    ("name", "held"),
    [("create", WORKSPACE), ("change", WORKSPACE), ("delete", WORKSPACE), ("change", TASKS), ("delete", TASKS)],
)
async def test_the_second_is_told_to_wait(client, send, hold, name, held):
    before = (await client.get("/tasks")).json()
    async with hold(held) as holder:
        first = asyncio.create_task(send(name))
        await holder.waited_for()
        for _ in range(3):
            answer = await send(name)
            assert refused(answer, 409)["type"] == "key-in-flight"
            assert int(answer.headers["retry-after"]) >= 1
            assert not replayed(answer)
        assert (await client.get("/tasks")).json() == before
        await holder.release()
        assert (await first).status_code == WRITES[name][3]
    answer = await send(name)
    assert alike(answer, await first)
    assert replayed(answer)


@pytest.mark.parametrize("name", ["change", "delete"])
async def test_two_keys_that_wait_for_the_same_task_both_write(server, send, hold, task, name):
    async with hold(TASKS) as holder:
        both = [asyncio.create_task(send(name, **{"idempotency-key": str(uuid4())})) for _ in range(2)]
        await holder.waited_for(by=2)
        await holder.release()
        statuses = sorted([(await answer).status_code for answer in both])
    assert statuses == ([200, 200] if name == "change" else [204, 404])
    left = "SELECT version, deleted_at IS NULL AS live FROM tasks"
    [row] = await execute(server.environment["DATABASE_URL"], f"{left} WHERE id = '{task['id']}'")
    assert tuple(row) == ((3, True) if name == "change" else (2, False))


async def test_another_key_does_not_wait(client, send, hold, task):
    async with hold(f"SELECT FROM tasks WHERE id = '{task['id']}'") as holder:
        waiting = asyncio.create_task(send("change"))
        await holder.waited_for()
        assert (await send("create", **{"idempotency-key": str(uuid4())})).status_code == 201
        await holder.release()
        assert (await waiting).status_code == 200


@pytest.fixture(scope="module")
def several(make_database, tmp_path_factory) -> Iterator[list[Server]]:
    """Several processes on one database."""
    url = make_database()
    servers = [Server(tmp_path_factory.mktemp("one-of-several"), DATABASE_URL=url) for _ in range(PROCESSES)]
    try:
        yield [server.start() for server in servers]
    finally:
        for server in servers:
            server.kill()


@pytest.fixture
async def clients(several: list[Server]) -> AsyncIterator[list[httpx.AsyncClient]]:
    opened = [httpx.AsyncClient(base_url=server.url, timeout=30, verify=NO_TLS) for server in several]
    yield opened
    for http in opened:
        await http.aclose()


async def test_a_race_of_many_processes_and_clients_makes_one_task_a_key(clients):
    keys = [str(uuid4()) for _ in range(KEYS)]

    async def insist(http: httpx.AsyncClient, key: str) -> httpx.Response:
        while True:
            answer = await http.post("/tasks", json={"title": key}, headers={"idempotency-key": key})
            if answer.status_code == 201:
                return answer
            assert refused(answer, 409)["type"] == "key-in-flight"

    async def race(racer: int) -> list[httpx.Response]:
        return [await insist(clients[(racer + turn) % PROCESSES], key) for turn, key in enumerate(keys)]

    runs = await asyncio.gather(*(race(racer) for racer in range(RACERS)))
    for answers in zip(*runs, strict=True):
        assert all(alike(answer, answers[0]) for answer in answers)
        assert sum(not replayed(answer) for answer in answers) == 1
    stored = (await clients[0].get("/tasks")).json()
    assert sorted(task["title"] for task in stored) == sorted(keys)
    assert [answers[0].json() in stored for answers in zip(*runs, strict=True)] == [True] * KEYS
