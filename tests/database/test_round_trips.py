"""Each operation is one statement and one network round trip, on a direct connection that is warm."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.database.wire import Wire, forwarder
from tests.server import Server
from tests.v1.conftest import new_id

BIND_EXECUTE_SYNC = "BES"
NUMBERS = count(1)
ENOUGH = 8  # requests after which every statement of the operation is prepared


@pytest.fixture(scope="module")
async def wire(postgres) -> AsyncIterator[Wire]:
    async with forwarder(urlsplit(postgres.admin_url).port) as forwarding:
        yield forwarding


@pytest.fixture(scope="module")
async def http(postgres, wire, tmp_path_factory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that reaches its database by the wire."""
    url = urlsplit(await postgres.create())
    there = url._replace(netloc=f"{url.netloc.rpartition(':')[0]}:{wire.port}").geturl()
    server = Server(tmp_path_factory.mktemp("wire"), DATABASE_URL=there)
    await asyncio.to_thread(server.start)
    async with httpx.AsyncClient(base_url=server.url) as client:
        yield client
    assert await asyncio.to_thread(server.stop) == 0


async def create(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/tasks", json={"title": "x", "description": "y"})


async def update(http: httpx.AsyncClient, task: str) -> httpx.Response:
    return await http.put(f"/tasks/{task}", json={"title": "z", "completed": True})


async def test_create(http, wire):
    for _ in range(ENOUGH):
        wire.clear()
        answer = await create(http)
        assert answer.status_code == 201
    assert wire.said == BIND_EXECUTE_SYNC


async def test_list(http, wire):
    await create(http)
    for _ in range(ENOUGH):
        wire.clear()
        answer = await http.get("/tasks")
        assert answer.status_code == 200
    assert wire.said == BIND_EXECUTE_SYNC


@pytest.mark.parametrize("body", [{}, {"title": "z"}, {"completed": True}, {"completed": False, "description": "d"}])
async def test_update(http, wire, body):
    task = (await create(http)).json()["id"]
    for _ in range(ENOUGH):
        wire.clear()
        answer = await http.put(f"/tasks/{task}", json=body)
        assert answer.status_code == 200
    assert wire.said == BIND_EXECUTE_SYNC


async def test_delete(http, wire):
    for task in [(await create(http)).json()["id"] for _ in range(ENOUGH)]:
        wire.clear()
        answer = await http.delete(f"/tasks/{task}")
        assert answer.status_code == 204
    assert wire.said == BIND_EXECUTE_SYNC


async def test_a_write_with_an_idempotency_key(http, wire):
    for number in range(ENOUGH):
        wire.clear()
        answer = await http.post("/tasks", json={"title": "x"}, headers={"Idempotency-Key": f"once-{number}"})
        assert answer.status_code == 201
    assert wire.said == BIND_EXECUTE_SYNC


V1 = {
    "get": ("GET", "/{id}", None, 200),
    "edit": ("PATCH", "/{id}", {"title": "z"}, 200),
    "edit nothing": ("PATCH", "/{id}", {}, 200),
    "complete": ("PUT", "/{id}/completion", None, 200),
    "reopen": ("DELETE", "/{id}/completion", None, 200),
    "move": ("PUT", "/{id}/position", {"before": "{other}"}, 200),
    "trash": ("DELETE", "/{id}", None, 204),
    "restore": ("POST", "/{trashed}/restore", None, 200),
    "erase": ("DELETE", "/trash/{trashed}", None, 204),
}


async def there(http: httpx.AsyncClient) -> dict[str, str]:
    """The ids of tasks to write to."""
    other, first, trashed = [(await create(http)).json()["id"] for _ in range(3)]
    assert (await http.delete(f"/tasks/{trashed}")).status_code == 204
    return {"other": other, "id": first, "trashed": trashed}


@pytest.mark.parametrize("name", V1)
@pytest.mark.parametrize("headers", [{}, {"If-Match": '"1", "2"'}, {"Idempotency-Key": "{key}"}], ids=["", "if", "key"])
async def test_whatever_is_done_with_one_task(http, wire, name, headers):
    method, path, body, status = V1[name]
    for _ in range(ENOUGH):
        ids = await there(http)
        said = {header: value.format(key=uuid4().hex) for header, value in headers.items()}
        sent = body and {member: value.format(**ids) for member, value in body.items()}
        wire.clear()
        answer = await http.request(method, f"/api/v1/tasks{path.format(**ids)}", json=sent, headers=said)
        assert answer.status_code == status
    assert wire.said == BIND_EXECUTE_SYNC


@pytest.mark.parametrize("named", [False, True])
async def test_a_new_task(http, wire, named):
    for _ in range(ENOUGH):
        own = {"id": new_id()} if named else {}
        wire.clear()
        answer = await http.post("/api/v1/tasks", json={"title": "x", **own})
        assert answer.status_code == 201
    assert wire.said == BIND_EXECUTE_SYNC


async def test_a_stale_version_costs_one_more(http, wire):
    """The second says what the task is now."""
    task = (await create(http)).json()["id"]
    for _ in range(ENOUGH):
        wire.clear()
        answer = await http.patch(f"/api/v1/tasks/{task}", json={"title": "z"}, headers={"If-Match": '"7"'})
        assert answer.status_code == 412
    assert wire.said == 2 * BIND_EXECUTE_SYNC


@pytest.mark.parametrize("path", ["", "?completed=true&limit=1", "?sort=-title", "?q=x"])
async def test_a_page(http, wire, path):
    await there(http)
    for _ in range(ENOUGH):
        wire.clear()
        assert (await http.get(f"/api/v1/tasks{path}")).status_code == 200
    assert wire.said == BIND_EXECUTE_SYNC


async def test_a_task_that_is_not_there_costs_no_more(http, wire):
    unknown = "00000000-0000-7000-8000-00000000dead"
    for _ in range(ENOUGH):
        wire.clear()
        answers = [await update(http, unknown), await http.delete(f"/tasks/{unknown}")]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert wire.said == 2 * BIND_EXECUTE_SYNC
    for method, path, body, _ in V1.values():
        ids = dict.fromkeys(("id", "other", "trashed"), unknown)
        sent = body and {member: value.format(**ids) for member, value in body.items()}
        for _ in range(ENOUGH):
            wire.clear()
            answer = await http.request(method, f"/api/v1/tasks{path.format(**ids)}", json=sent)
            assert answer.status_code == 404
        few = 2 if path.endswith(("restore", "position")) else 1  # these have several reasons
        assert wire.said == few * BIND_EXECUTE_SYNC, path


async def test_what_is_refused_never_reaches_the_database(http, wire):
    wire.clear()
    answers = [
        await http.post("/tasks", json={"title": ""}),
        await http.put("/tasks/not-a-uuid", json={"title": "x"}),
        await http.delete("/tasks/not-a-uuid"),
        await http.get("/health/live"),
    ]
    assert [answer.status_code for answer in answers] == [422, 404, 404, 200]
    assert wire.said == ""


async def test_the_wire_sees_a_second_round_trip(postgres, wire):
    """The counter itself: a statement that is new to its connection is prepared first, which is one more."""
    url = urlsplit(postgres.admin_url)
    connection = await asyncpg.connect(url._replace(netloc=f"{url.netloc.rpartition(':')[0]}:{wire.port}").geturl())
    wire.clear()
    await connection.fetch("SELECT 1")
    await connection.fetch("SELECT 1")
    assert wire.said == "PDHBESBES"
    await connection.close()


def trips(said: str) -> int:
    """How often a client waited; after the COMMIT others may be told that there is something new, beside requests."""
    said = said[: said.rindex("Q") + 1]
    return said.count("S") + said.count("Q")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "batch-{0}"}], ids=["", "keyed"])
async def test_a_batch_costs_the_same_however_many_operations(http, wire, headers):
    """BEGIN, the locks, what the ids were, new rows, changed rows, moves, COMMIT; and two for a key."""
    counted: dict[int, list[int]] = {1: [], 12: []}
    for many in (1, 12) * 4:
        tasks = [(await create(http)).json()["id"] for _ in range(2)]
        operations = []
        for number in range(many):
            name = f"01890a5d-ac96-7744-8d2a-{next(NUMBERS):012x}"
            operations += [
                {"op": "create", "id": name, "title": "x"},
                {"op": "complete", "id": name},
                {"op": "move", "id": name, "before": tasks[0]},
                {"op": "update", "id": tasks[1], "title": f"{number}"},
                {"op": "trash", "id": name},
                {"op": "restore", "id": name},
            ]
        wire.clear()
        key = {name: value.format(uuid4()) for name, value in headers.items()}
        answer = await http.post("/api/v1/batch", json={"operations": operations}, headers=key)
        assert answer.status_code == 200, answer.text
        counted[many].append(trips(wire.said))
    assert min(counted[1]) == min(counted[12]) == 7 + 2 * len(headers)


async def test_undo_costs_the_same_however_many_changes(http, wire):
    """BEGIN, the changes, the locks, newer changes, the rows, what was written, COMMIT."""
    counted: dict[int, list[int]] = {1: [], 40: []}
    for many in (1, 40) * 4:
        before = (await http.get("/api/v1/snapshot")).json()["cursor"]
        answer = await http.post("/api/v1/batch", json={"operations": [{"op": "create", "title": "x"}] * many})
        page = (await http.get("/api/v1/changes", params={"after": before, "limit": 1000})).json()["changes"]
        seqs = [change["seq"] for change in page if change["request_id"] == answer.headers["x-request-id"]]
        wire.clear()
        answer = await http.post("/api/v1/undo", json={"first": seqs[0], "last": seqs[-1]})
        assert len(answer.json()["changes"]) == many
        counted[many].append(trips(wire.said))
    assert min(counted[1]) == min(counted[40]) == 7
