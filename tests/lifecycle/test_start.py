"""What `donebook serve` says and does when it starts, and when it cannot."""

import socket
import subprocess
from pathlib import Path

import httpx

from tests.lifecycle.conftest import TITLE
from tests.processes import postmaster
from tests.server import DONEBOOK, PATIENCE, Server, environment, free_port


def test_it_says_where_it_is_where_the_data_lies_and_how_to_stop_it(server, data):
    with server:
        said = server.log()
    assert f"http://127.0.0.1:{server.port}\n" in said
    assert f"http://127.0.0.1:{server.port}/docs\n" in said
    assert str(data) in said
    assert "Ctrl-C" in said


def test_it_names_a_database_that_is_not_its_own_without_the_password(database_url, tmp_path):
    password = database_url.split("@")[0].rpartition(":")[2]
    with Server(tmp_path, DATABASE_URL=database_url) as server:
        said = server.log()
    assert database_url.rpartition("@")[2] in said
    assert password not in said


def test_what_was_there_before_is_there(server):
    with server:
        assert TITLE in titles(server)


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(server, data, tmp_path):
    with server:
        before = postmaster(data)
        code, said = serve(tmp_path, DATA_DIR=data, PORT=free_port())
        assert code == 1
        assert only_line(said) == f"donebook: Another donebook serve (PID {server.process.pid}) already uses {data}."
        assert postmaster(data) == before
        assert TITLE in titles(server)


def test_a_port_that_is_taken_is_named_and_nothing_is_started(data, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = serve(tmp_path, DATA_DIR=data, PORT=port)
    assert code == 1
    assert f"127.0.0.1:{port}" in only_line(said)
    assert postmaster(data) is None


def test_after_a_kill_the_next_start_takes_over_the_postgres_that_was_left(server, data):
    server.start()
    left = postmaster(data)
    server.kill()
    assert left is not None
    assert postmaster(data) == left
    with server:
        assert postmaster(data) == left
        assert TITLE in titles(server)
    assert postmaster(data) is None


def test_after_a_kill_of_both_the_next_start_recovers(server, data):
    server.start()
    left = postmaster(data)
    server.kill()
    assert left is not None
    left.kill()
    left.wait()
    with server:
        assert postmaster(data) not in (None, left)
        assert TITLE in titles(server)


def titles(server: Server) -> list[str]:
    """The titles of all tasks."""
    return [task["title"] for task in httpx.get(f"{server.url}/tasks").json()]


def serve(folder: Path, **settings: object) -> tuple[int, str]:
    """The exit code and all output of a server that cannot be."""
    ended = subprocess.run(
        [DONEBOOK, "serve"],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, ended.stdout


def only_line(said: str) -> str:
    """What was said, which is one line."""
    (line,) = said.splitlines()
    return line
