"""An installation that has been used before: a data folder with a task in it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import at_work_in, end_postgres
from tests.server import DONEBOOK, Server, environment, free_port

TITLE = "Left here before"
NOBODY = "postgresql://someone:secret@{}/tasks"


@pytest.fixture(scope="package")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder, shared: every test must stop what it starts there."""
    folder = tmp_path_factory.mktemp("used")
    with Server(folder, DATA_DIR=folder / "data") as server:
        assert httpx.post(f"{server.url}/tasks", json={"title": TITLE}).status_code == 201
    return folder / "data"


@pytest.fixture
def data(used: Path) -> Iterator[Path]:
    """The same, with a look after the test whether anything was left running."""
    yield used
    left = at_work_in(used)
    end_postgres(used)
    assert left == []


@pytest.fixture
def server(data: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of that installation, not yet started, and stopped by the test or else here."""
    made = Server(tmp_path, DATA_DIR=data)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    made.kill()


@pytest.fixture(scope="package", autouse=True)
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Servers whose database never answers. They wait for it while the other tests run, and are asked at the end."""
    folder = tmp_path_factory.mktemp("unreachable")
    hosts = {"refused": f"127.0.0.1:{free_port()}", "unknown": "there-is-no.such-host.invalid"}
    started = {
        name: subprocess.Popen(
            [DONEBOOK, "serve"],
            cwd=folder,
            env=environment(DATABASE_URL=NOBODY.format(host), PORT=free_port()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, host in hosts.items()
    }
    yield started
    for process in started.values():
        with process:  # closes its pipe, when no test has read it
            process.kill()
