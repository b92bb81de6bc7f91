"""Donebook writes where it was told to, and nowhere else."""

from pathlib import Path

import httpx
import pytest

from tests.processes import at_work_in
from tests.server import Server

HOMES = ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """Empty folders that every program takes for the user's own and for the system's temporary one."""
    folder = Path(tmp_path, "elsewhere")
    for name in HOMES:
        (folder / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(folder / name))
    return folder


def test_nothing_is_written_outside_the_data_folder(elsewhere, tmp_path, cluster):
    working, logs, data = tmp_path / "working", tmp_path / "logs", tmp_path / "data"
    working.mkdir()
    logs.mkdir()
    server = Server(working, DATA_DIR=data)
    server.output = logs / "server.log"
    with server:
        assert httpx.post(f"{server.url}/tasks", json={"title": "x"}).status_code == 201
        assert files(elsewhere) == files(working) == []
    server.start()
    server.kill()  # what a killed one leaves is in the data folder too
    with server:
        assert httpx.get(f"{server.url}/tasks").status_code == 200
    assert files(elsewhere) == files(working) == []
    assert files(data)
    assert at_work_in(data) == []


def test_a_server_of_another_database_writes_nothing_at_all(elsewhere, tmp_path, database_url):
    working, logs = tmp_path / "working", tmp_path / "logs"
    working.mkdir()
    logs.mkdir()
    server = Server(working, DATABASE_URL=database_url)
    server.output = logs / "server.log"
    with server:
        assert httpx.post(f"{server.url}/tasks", json={"title": "x"}).status_code == 201
    assert files(elsewhere) == files(working) == []


def files(folder: Path) -> list[str]:
    """Everything in a folder that is not itself a folder."""
    return [str(path) for path in folder.rglob("*") if not path.is_dir()]
