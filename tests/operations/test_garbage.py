"""A request leaves nothing behind that only the garbage collector would free: its pauses are the slowest requests."""

import asyncio
import gc
from collections import Counter
from typing import Any, cast

from litestar import Litestar

from donebook.asgi import create_app
from donebook.settings import Settings
from tests.contract.expect import UNKNOWN

TIMES = 50
FORM = [(b"host", b"localhost"), (b"content-type", b"application/json")]
ASKED = [
    (("GET", "/tasks", "", ""), 200),
    (("GET", "/api/v1/tasks", "", ""), 200),
    (("GET", "/api/v1/tasks", "q=milk", ""), 200),
    (("GET", "/api/v1/changes", "", ""), 200),
    (("GET", f"/api/v1/tasks/{UNKNOWN}", "", ""), 404),
    (("GET", "/health", "", ""), 200),
    (("POST", "/tasks", "", '{"title": "Buy milk"}'), 201),
    (("POST", "/api/v1/tasks", "", '{"title": "Buy milk"}'), 201),
    (("POST", "/api/v1/tasks", "", '{"title": 1}'), 422),
    (("PATCH", f"/api/v1/tasks/{UNKNOWN}", "", '{"title": "Buy milk"}'), 404),
    (("DELETE", f"/api/v1/tasks/{UNKNOWN}", "", ""), 404),
]


async def ask(app: Litestar, method: str, path: str, query: str, body: str) -> int:
    """The status of the answer to a request, sent as servers do."""
    sent: list[Any] = []
    given = [{"type": "http.request", "body": body.encode(), "more_body": False}]

    async def receive() -> Any:
        return given.pop() if given else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
        "scheme": "http",
        "root_path": "",
        "headers": [*FORM],
        "state": {},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    await app(cast("Any", scope), receive, send)
    return int(sent[0]["status"])


async def left_by(app: Litestar, asked: tuple[str, str, str, str]) -> Counter[str]:
    """What requests leave, by type."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(TIMES):
            await ask(app, *asked)
        gc.collect()
        return Counter(type(thing).__qualname__ for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def test_a_request_leaves_no_garbage(migrated_url: str):
    app = create_app(Settings(database_url=migrated_url, log_level="warning"))
    async with app.lifespan():
        for asked, status in ASKED:
            for _ in range(3):
                assert await ask(app, *asked) == status, asked
            left = await left_by(app, asked)
            assert left.total() < TIMES, (asked, left)  # timers of the loop may leave some, but not with each request
