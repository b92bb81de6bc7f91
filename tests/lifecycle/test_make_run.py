"""`make run`, from the checkout, as everybody starts it."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.lifecycle.conftest import TITLE
from tests.processes import at_work_in, postmaster
from tests.server import PATIENCE, ROOT, environment, free_port
from tests.waiting import wait_until

# A terminal sends Ctrl-C, and its own end, to the whole process group; `kill` and supervisors send SIGTERM to make.
WAYS: dict[str, Callable[[int], None]] = {
    "SIGTERM to make": lambda make: os.kill(make, signal.SIGTERM),
    "Ctrl-C": lambda make: os.killpg(make, signal.SIGINT),
    "the terminal is closed": lambda make: os.killpg(make, signal.SIGHUP),
}


@pytest.mark.parametrize("way", WAYS)
def test_make_run_serves_until_it_is_stopped_and_leaves_nothing_behind(data, tmp_path, way):
    port = free_port()
    output = tmp_path / "output"
    with output.open("wb") as said:
        make = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"DATA_DIR={data}"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: make.poll() is not None or answers(port))
        assert make.poll() is None, output.read_text()
        assert TITLE in httpx.get(f"http://127.0.0.1:{port}/tasks").text
        assert "<!doctype html>" in httpx.get(f"http://127.0.0.1:{port}/").text.lower()
        assert postmaster(data) is not None
        WAYS[way](make.pid)
        make.wait(timeout=PATIENCE)
        wait_until(lambda: not at_work_in(data))
    finally:
        kill_group(make.pid)
    assert not answers(port)
    assert not Path(data / "postgres" / "cluster" / "postmaster.pid").exists()
    assert "Traceback" not in output.read_text()


def answers(port: int) -> bool:
    """Whether the server is up."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


def kill_group(group: int) -> None:
    """End what is left of a test that failed."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
