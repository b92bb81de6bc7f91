"""The contract does not follow the storage: tables and columns are renamed and moved, the answers stay the same."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from tests.conftest import NO_TLS, execute
from tests.contract.expect import UNKNOWN
from tests.contract.moving import RENAMED, SPLIT
from tests.server import DONEBOOK, Server, environment

UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FIXED = """
INSERT INTO tasks (id, workspace_id, title, description, completed_at, created_at, updated_at)
SELECT ('0190aaaa-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '00000000-0000-7000-8000-000000000000',
    'Task ' || n || ' 🧀', CASE WHEN n % 2 = 0 THEN repeat('é', n) END, CASE WHEN n % 3 = 0 THEN now() END,
    '2026-01-01T10:00:00Z'::timestamptz + n * interval '1 hour 1 microsecond', '2026-02-28T23:59:59.999999Z'
FROM generate_series(9, 0, -1) AS n
"""
SCENARIO: list[tuple[str, str, Any]] = [
    ("GET", "/tasks", None),
    ("POST", "/tasks", {"title": "First", "description": "Two bottles 🧀"}),
    ("POST", "/tasks", {"title": "Second", "completed": True, "heading": "x", "entry_key": UNKNOWN}),
    ("POST", "/tasks", {"title": "x" * 200, "description": "y" * 10_000}),
    ("GET", "/tasks", None),
    ("PUT", "/tasks/{0}", {"completed": True}),
    ("PUT", "/tasks/{0}", {"title": "Changed", "description": None, "completed": None}),
    ("PUT", "/tasks/{1}", {"description": "Now it has one"}),
    ("PUT", "/tasks/{1}", {"description": ""}),
    ("PUT", "/tasks/{2}", {}),
    ("PUT", "/tasks/{0}", {"completed": False}),
    ("GET", "/tasks", None),
    ("PUT", "/tasks/{0}", {"title": ""}),
    ("PUT", "/tasks/{0}", {"completed": "yes"}),
    ("POST", "/tasks", {}),
    ("PUT", f"/tasks/{UNKNOWN}", {}),
    ("GET", "/tasks/{0}", None),
    ("DELETE", "/tasks/{1}", None),
    ("DELETE", "/tasks/{1}", None),
    ("PUT", "/tasks/{1}", {"title": "Too late"}),
    ("DELETE", "/tasks/not-a-uuid", None),
    ("GET", "/tasks", None),
    ("GET", "/health", None),
    ("GET", "/health/ready", None),
]
EXPECTED = [200, 201, 201, 201, *[200] * 8, 422, 422, 422, 404, 405, 204, 404, 404, 404, 200, 200, 200]


class Moved(Server):
    """Donebook with the mapping of `tests.contract.moved`."""

    command = [sys.executable, Path(__file__).with_name("moved.py"), "serve"]


@pytest.fixture(scope="module")
def template(make_database: Callable[[], str]) -> str:
    """A migrated database that holds tasks whose ids and times are known."""
    url = make_database()
    command = [str(DONEBOOK), "database", "upgrade", "--no-prompt"]
    subprocess.run(command, env=environment(DATABASE_URL=url), check=True, capture_output=True)
    asyncio.run(execute(url, FIXED))
    return url


@pytest.fixture(params=[RENAMED, SPLIT], ids=["renamed", "split"])
async def servers(
    request: pytest.FixtureRequest, template: str, admin_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Server, Server]]:
    """Two servers on copies of it, in the second of which tasks lie elsewhere."""
    plain, moved = (urlsplit(template)._replace(path=f"/{name}").geturl() for name in ("plain", "moved"))
    for name in ("plain", "moved"):
        await execute(admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await execute(admin_url, f"CREATE DATABASE {name} TEMPLATE {template.rpartition('/')[2]} OWNER donebook")
    connection = await asyncpg.connect(moved)
    await connection.execute(request.param)
    await connection.close()
    folders = [tmp_path / "plain", tmp_path / "moved"]
    for folder in folders:
        folder.mkdir()
    with Server(folders[0], DATABASE_URL=plain) as here, Moved(folders[1], DATABASE_URL=moved) as there:
        yield here, there


def play(server: Server) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """Every answer of the scenario, with ids and times as they came to be called."""
    answers: list[tuple[int, list[tuple[str, str]], bytes]] = []
    ids: list[str] = []
    with httpx.Client(base_url=server.url, headers={"x-request-id": "same"}, timeout=30, verify=NO_TLS) as client:
        for method, path, body in SCENARIO:
            answer = client.request(method, path.format(*ids, *[UNKNOWN] * 3), json=body)
            if answer.status_code == 201:
                ids.append(answer.json()["id"])
            headers = [(name, value) for name, value in answer.headers.multi_items() if name != "date"]
            answers.append((answer.status_code, headers, answer.content))
    return answers


def named(answers: list[tuple[int, list[tuple[str, str]], bytes]]) -> list[object]:
    """The same with ids numbered as they appear, and times in their order."""
    everything = b" ".join(body for *_, body in answers)
    times = {time: b"time %d" % n for n, time in enumerate(sorted(set(TIME.findall(everything))))}
    ids = {found: b"id %d" % n for n, found in enumerate(dict.fromkeys(UUID.findall(everything)))}
    return [
        (status, headers, UUID.sub(lambda found: ids[found[0]], TIME.sub(lambda found: times[found[0]], body)))
        for status, headers, body in answers
    ]


async def test_clients_cannot_tell_where_tasks_are_stored(servers: tuple[Server, Server]):
    tables = "SELECT FROM pg_tables WHERE tablename = 'tasks'"
    assert await execute(servers[0].environment["DATABASE_URL"], tables)
    assert not await execute(servers[1].environment["DATABASE_URL"], tables)
    before, after = (play(server) for server in servers)
    assert [status for status, *_ in before] == EXPECTED
    assert before[0] == after[0]  # tasks that were there before the move: the same bytes, ids and times included
    assert len(TIME.findall(before[0][2])) == 20
    assert named(after) == named(before)
