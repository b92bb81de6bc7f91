"""The database goes away around a keyed write: the same key works afterwards, and there is one task."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.expect import refused
from tests.contract.forwarder import Forwarder
from tests.keys.conftest import alike, holding, replayed
from tests.server import Server

SOON = 2  # s: within which a request is answered here
WORKSPACE = "SELECT FROM workspaces"


@pytest.fixture(scope="module")
def forwarder(make_database) -> Iterator[Forwarder]:
    with Forwarder(make_database()) as running:
        yield running


@pytest.fixture(scope="module")
def database(forwarder, admin_url) -> str:
    """The database itself, past the forwarder."""
    return f"{admin_url.rpartition('/')[0]}/{forwarder.url.rpartition('/')[2]}"


@pytest.fixture(scope="module")
def hurt(forwarder, tmp_path_factory) -> Iterator[Server]:
    """A server whose database can be taken away."""
    with Server(tmp_path_factory.mktemp("hurt"), DATABASE_URL=forwarder.url, REQUEST_TIMEOUT=SOON) as running:
        yield running


@pytest.fixture
async def http(hurt: Server, database: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hurt.url, timeout=30, verify=NO_TLS) as http:
        await execute(database, "DELETE FROM tasks")
        yield http


async def add(http: httpx.AsyncClient, key: str) -> httpx.Response:
    return await http.post("/tasks", json={"title": "Once"}, headers={"idempotency-key": key})


async def test_a_write_that_never_reached_the_database_left_its_key_free(http, forwarder, key):
    forwarder.cut()
    answer = await add(http, key)
    forwarder.mend()
    assert refused(answer, 503)["type"] == "unavailable"
    answer = await add(http, key)
    assert answer.status_code == 201
    assert not replayed(answer)
    assert (await http.get("/tasks")).json() == [answer.json()]


async def test_a_write_that_was_cut_off_is_repeated_by_the_server_itself(http, forwarder, database, key):
    """The database finishes what it was told, though nobody hears of it."""
    async with holding(database, WORKSPACE) as holder:
        writing = asyncio.create_task(add(http, key))
        await holder.waited_for()
        forwarder.cut()
        forwarder.mend()
        await holder.release()
        answer = await writing
    assert answer.status_code == 201
    assert (await http.get("/tasks")).json() == [answer.json()]
    assert alike(await add(http, key), answer)


@pytest.mark.parametrize("then", ["stored", "lost"])
async def test_a_write_that_may_have_been_stored_is_said_to_be_unknown(http, forwarder, database, key, then):
    """It was sent, and until its time was over nothing more could be learned."""
    async with holding(database, WORKSPACE) as holder:
        writing = asyncio.create_task(add(http, key))
        await holder.waited_for()
        if then == "lost":
            await execute(
                database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            )
        forwarder.cut()
        answer = await writing
        await holder.release()
    forwarder.mend()
    assert refused(answer, 503)["type"] == "outcome-unknown"
    answer = await settled(http, key)
    assert answer.status_code == 201
    assert replayed(answer) == (then == "stored")
    assert (await http.get("/tasks")).json() == [answer.json()]


async def test_in_flight_is_not_stored(http, database, key):
    async with holding(database, WORKSPACE) as holder:
        writing = asyncio.create_task(add(http, key))
        await holder.waited_for()
        assert refused(await add(http, key), 409)["type"] == "key-in-flight"
        await holder.release()
        answer = await writing
    assert answer.status_code == 201
    assert alike(await add(http, key), answer)


@pytest.mark.parametrize("code", ["40001", "57014", "53100"])
async def test_a_refusal_of_the_database_that_may_pass_is_not_stored(http, database, key, code):
    """Serialization failure, time-out, full disk."""
    await execute(
        database,
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$",
    )
    await execute(database, "CREATE TRIGGER refusing BEFORE INSERT ON tasks EXECUTE FUNCTION refuse()")
    try:
        refused(await add(http, key), 503)
    finally:
        await execute(database, "DROP FUNCTION refuse CASCADE")
    answer = await add(http, key)
    assert answer.status_code == 201
    assert not replayed(answer)
    assert (await http.get("/tasks")).json() == [answer.json()]


async def test_a_refusal_is_still_a_refusal_without_a_database(http, forwarder, key):
    forwarder.cut()
    answer = await http.post("/tasks", json={"title": ""}, headers={"idempotency-key": key})
    forwarder.mend()
    refused(answer, 422)


async def settled(http: httpx.AsyncClient, key: str) -> httpx.Response:
    """The answer once the first attempt is over, as a client gets it that tries again."""
    while (answer := await add(http, key)).status_code == 409:
        pass
    return answer
