"""`.env` is read from the folder of the start; the environment wins over it."""

from pathlib import Path

import httpx

from tests.contract import wire
from tests.server import Server, free_port
from tests.settings.conftest import Serve, said


def test_a_setting_in_the_file_counts(tmp_path: Path, serve: Serve):
    (tmp_path / ".env").write_text("# mine\nPORT=70000\n")
    assert "PORT='70000'" in said(serve(), 2)


def test_the_environment_wins(tmp_path: Path, serve: Serve):
    (tmp_path / ".env").write_text("PORT=70000\nLOG_LEVEL=info\n")
    assert "PORT='80000'" in said(serve(PORT="80000", LOG_LEVEL="loud"), 2)


def test_an_empty_variable_in_the_environment_wins_too(tmp_path: Path, serve: Serve):
    (tmp_path / ".env").write_text("PORT=70000\nLOG_LEVEL=loud\n")
    assert "LOG_LEVEL='loud'" in said(serve(PORT=""), 2)


def test_a_file_that_cannot_be_read_ends_the_start_with_one_line(tmp_path: Path, serve: Serve):
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe\n")
    assert ".env" in said(serve(), 2)


def test_a_server_runs_by_what_the_file_says(tmp_path: Path, database_url: str):
    port = free_port()
    (tmp_path / ".env").write_text(
        f"DATABASE_URL='{database_url}'\nPORT=1\nLOG_FORMAT=\"text\"\nexport ALLOWED_HOSTS=tasks.example,*.b.example\n"
    )
    with Server(tmp_path, PORT=port) as server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        for host, status in (
            ("tasks.example", 200),
            ("x.b.example:80", 200),
            ("b.example", 400),
            ("x.tasks.example", 400),
        ):
            assert wire.exchange(server.url, wire.request("GET", "/tasks", host=host)).status_code == status
    assert '{"event"' not in server.log()
