"""The commands of `docs/operations.md`, run as they stand there: a backup brings the tasks back."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from donebook import problems
from donebook.db.local import APPLICATION
from donebook.problems import Problem
from local_postgres.server import find_programs
from tests.database.clusters import EMBEDDED, Postgres, kinds, system_cluster, system_programs
from tests.operations.conftest import Counted
from tests.server import ROOT, Server

DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
OWN, ANY = "Donebook's own PostgreSQL", "Any PostgreSQL, and Neon"


def commands(heading: str) -> list[str]:
    """The shell commands under a heading, one text a block."""
    section = re.split(r"^#+ ", DOCUMENT.partition(f"### {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found
    return found


def run(folder: Path, *texts: str, **variables: str) -> None:
    """Run commands in a folder, up to the first that fails."""
    shell = ["sh", "-eu", "-c", "\n".join(texts)]
    done = subprocess.run(
        shell, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")


def fill(server: Server) -> list[dict[str, object]]:
    """Use a server; what is in its list then."""
    with httpx.Client(base_url=server.url, timeout=30) as http:
        for title in ("Buy milk", "Zahnarzt 🦷", "'; DROP TABLE tasks; --"):
            task = http.post("/tasks", json={"title": title, "description": title}, headers={"idempotency-key": "k"})
            http.post("/tasks", json={"title": title}, headers={"idempotency-key": f"k-{len(title)}"})
        http.put(f"/tasks/{http.get('/tasks').json()[0]['id']}", json={"completed": True})
        assert task.status_code == 422
        listed: list[dict[str, object]] = http.get("/tasks").json()
    assert len(listed) == 4
    return listed


def brought_back(server: Server, tasks: list[dict[str, object]]) -> None:
    """It has these tasks and their keys, and works."""
    with httpx.Client(base_url=server.url, timeout=30) as http:
        assert http.get("/tasks").json() == tasks
        assert http.get("/health/ready").status_code == 200
        repeated = http.post("/tasks", json={"title": "Buy milk"}, headers={"idempotency-key": "k-8"})
        assert repeated.json() in tasks
        added = http.post("/tasks", json={"title": "Since"})
        assert http.get("/tasks").json() == [*tasks, added.json()]
        assert http.put(f"/tasks/{tasks[0]['id']}", json={"title": "Since"}).status_code == 200


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder that looks like a checkout to the commands."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def test_its_own_postgres_is_backed_up_while_it_runs_and_restored_elsewhere(here):
    where, back_up, restore = commands(OWN)
    with Server(here, DATA_DIR=".data") as server:
        tasks = fill(server)
        run(here, where, back_up)
        httpx.delete(f"{server.url}/tasks/{tasks[0]['id']}")
    elsewhere = where.replace("data=.data\n", "data=.data-restored\n")
    assert elsewhere != where
    restored = Server(here, DATA_DIR=".data-restored")
    with restored:
        assert httpx.get(f"{restored.url}/tasks").json() == []
        run(here, elsewhere, restore)
    with restored:
        brought_back(restored, tasks)


def test_its_own_postgres_is_copied_while_it_is_stopped(here):
    with Server(here, DATA_DIR=".data") as server:
        tasks = fill(server)
    assert "`cp -a .data .data-copy`" in DOCUMENT
    run(here, "cp -a .data .data-copy")
    shutil.rmtree(here / ".data")
    with Server(here, DATA_DIR=".data-copy") as server:
        brought_back(server, tasks)


@pytest.fixture(params=kinds())
def postgres(request: pytest.FixtureRequest, admin_url: str) -> Iterator[tuple[Postgres, Path]]:
    """Each kind of PostgreSQL in turn, and where its programs are."""
    if request.param == EMBEDDED:
        yield Postgres(admin_url), find_programs(APPLICATION) / "bin"
        return
    programs = system_programs()
    assert programs is not None
    with system_cluster(programs) as running:
        yield running, programs


def test_any_postgres_is_backed_up_while_it_serves_and_restored_into_an_empty_database(here, postgres):
    running, programs = postgres
    back_up, restore = commands(ANY)
    asyncio.run(running.admin("CREATE ROLE backed_up LOGIN PASSWORD 'p'"))
    urls = []
    for name in ("production", "restored"):
        asyncio.run(running.admin(f"CREATE DATABASE {name} OWNER backed_up TEMPLATE template0 ENCODING UTF8"))
        where = running.admin_url.rpartition("@")[2].partition("/")[0]
        urls.append(f"postgresql://backed_up:p@{where}/{name}")
    path = f"{programs}:{os.environ['PATH']}"
    with Server(here, DATABASE_URL=urls[0]) as server:
        tasks = fill(server)
        run(here, back_up, PATH=path, DATABASE_URL=urls[0])
    run(here, restore, PATH=path, NEW_DATABASE_URL=urls[1])
    with Server(here, DATABASE_URL=urls[1]) as server:
        brought_back(server, tasks)


def test_what_the_alerts_watch_is_counted(server):
    named = set(re.findall(r"\bdonebook_\w+", DOCUMENT))
    httpx.get(f"{server.url}/tasks")
    counted = Counted(httpx.get(f"{server.url}/metrics").text)
    families = {family.name for family in counted.families}
    known = families | {f"{name}{end}" for name in families for end in ("_total", "_bucket", "_sum", "_count")}
    assert len(named) > 6
    assert named <= known


def test_the_problems_of_the_alerts_are_problems():
    named = set(re.findall(r'problem="([a-z-]+)"', DOCUMENT))
    there = {kind.type() for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)}
    assert named
    assert named <= there
