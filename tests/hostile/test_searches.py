"""A search does a bounded amount of work, and the server answers others meanwhile. The watchdog fails what does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.server import Server

LONG = 49_000  # characters
COUNT = 60
HARD = {
    "ß": "straße ",
    "ligatures": "ﬁnal ",
    "decomposed": "cafe\u0301 ",
    "one word": "ß",
    "one run": "漢ﬁ",
    "words of their own": None,
    "almost": "elephans ",
}


@pytest.fixture(scope="module")
def busy(make_database, tmp_path_factory) -> Iterator[Server]:
    """A server with many long descriptions of one kind at a time."""
    with Server(tmp_path_factory.mktemp("searches"), DATABASE_URL=make_database()) as running:
        yield running


@pytest.fixture
async def http(busy: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=busy.url, timeout=60, verify=NO_TLS) as http:
        yield http


@pytest.fixture(params=HARD)
async def filled(request: pytest.FixtureRequest, busy: Server) -> str:
    """The kind of the descriptions of many tasks, each with what is looked for at its very end."""
    piece = HARD[request.param] or "".join(f"w{number}rd " for number in range(6000))
    text = (piece * LONG)[: LONG - 10] + " elephant"
    url = busy.environment["DATABASE_URL"]
    await execute(url, "DELETE FROM tasks")
    await execute(
        url,
        "INSERT INTO tasks (workspace_id, title, description)"
        f" SELECT id, 'Elephant ' || n, '{text}' FROM workspaces, generate_series(1, {COUNT}) AS n",
    )
    kind: str = request.param
    return kind


async def test_marks_are_made_within_bounds_and_others_are_answered_meanwhile(filled, http):
    for q in ("elephant", "elephant " + " ".join(f"w{number}rd" for number in range(28))):
        search = asyncio.create_task(http.get("/api/v1/tasks", params={"q": q[:200]}))
        meanwhile = 0
        while not search.done():
            assert (await http.get("/health/live")).status_code == 200
            meanwhile += not search.done()
        found = await search
        assert found.status_code == 200
        items, marks = found.json()["items"], found.json()["highlights"]
        assert set(marks) == {item["id"] for item in items}
        for item in items:
            assert "".join(part["text"] for part in marks[item["id"]]["title"]) == item["title"]
        if q == "elephant":
            assert len(items) == COUNT
            assert meanwhile > 1


async def test_what_the_work_suffices_for_is_marked(http, busy):
    url = busy.environment["DATABASE_URL"]
    await execute(url, "DELETE FROM tasks")
    for number in range(5):
        body = {"title": f"Task {number}", "description": "straße " * 6000 + "elephant"}
        assert (await http.post("/api/v1/tasks", json=body)).status_code == 201
    found = (await http.get("/api/v1/tasks", params={"q": "elephant"})).json()
    assert len(found["items"]) == 5
    for marks in found["highlights"].values():
        assert [part["text"] for part in marks["description"] if part["match"]] == ["elephant"]


async def test_without_work_nothing_is_marked(empty_url, tmp_path):
    with Server(tmp_path, DATABASE_URL=empty_url, SEARCH_WORK=0) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30, verify=NO_TLS) as http:
            task = (await http.post("/api/v1/tasks", json={"title": "Zebra", "description": "a zebra"})).json()
            found = (await http.get("/api/v1/tasks", params={"q": "zebra"})).json()
    assert found["items"] == [task]
    assert found["highlights"] == {task["id"]: {"title": [{"text": "Zebra", "match": False}], "description": None}}


STACK = "a" + "\u0301" * 24_000 + "\u0323" * 24_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tasks", {"title": "x", "description": STACK}),
        ("POST", "/api/v1/tasks", {"title": "x", "description": STACK}),
        ("POST", "/api/v1/tasks", {"title": "x", "description": ("\u0301" * 150 + "\uff9e" * 100) * 100}),
        ("POST", "/api/v1/batch", {"operations": [{"op": "create", "title": "x", "description": STACK}]}),
    ],
    ids=["frozen", "v1", "halfwidth", "batch"],
)
async def test_accents_without_end_are_refused(http, method: str, path: str, body: object):
    """PostgreSQL and Python would both take quadratic time to bring them into their order."""
    answer = await http.request(method, path, json=body)
    assert answer.status_code == 422
    assert "accents" in answer.text


@pytest.mark.parametrize("title", ["Z" + "\u0301" * 199, "─" * 200, "हिन्दी", "e\u0301\u0323\u0331"])
async def test_more_accents_than_any_writing_has_are_taken(http, title: str):
    answer = await http.post("/tasks", json={"title": title, "description": title * 50})
    assert answer.status_code == 201
    assert answer.json()["description"] == title * 50
