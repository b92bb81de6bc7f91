"""Where it listens, and what it wants of a database before it takes requests."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from tests.conftest import execute
from tests.contract import wire
from tests.server import Server
from tests.settings.conftest import Serve, said


def test_a_busy_port_is_said_in_one_line(serve: Serve, database_url: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = said(serve(PORT=port, DATABASE_URL=database_url), 1)
    assert f"127.0.0.1:{port}" in line
    assert "PORT" in line


def test_a_busy_port_is_noticed_before_anything_is_started(serve: Serve, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said(serve(PORT=taken.getsockname()[1]), 1)
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_this_machines_is_said_in_one_line(serve: Serve, database_url: str):
    line = said(serve(HOST="192.0.2.1", ALLOW_OPEN="true", DATABASE_URL=database_url), 1)
    assert "192.0.2.1" in line
    assert "HOST" in line


def test_it_listens_on_this_machine_only(server: Server):
    assert "http://127.0.0.1" in server.log()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), timeout=10)


def test_allow_open_lets_it_listen_everywhere(tmp_path: Path, database_url: str):
    with Server(
        tmp_path, HOST="0.0.0.0", ALLOW_OPEN="true", ALLOWED_HOSTS="tasks.example", DATABASE_URL=database_url
    ) as server:
        with socket.create_connection(("127.0.0.2", server.port), timeout=10) as connection:
            connection.sendall(wire.request("GET", "/tasks", host="tasks.example"))
            assert wire.answer(connection, "GET", b"/tasks").status_code == 200
        assert wire.exchange(server.url, wire.request("GET", "/tasks", host="evil.example")).status_code == 400


def test_it_listens_on_ipv6_too(tmp_path: Path, database_url: str):
    server = Server(tmp_path, HOST="::1", DATABASE_URL=database_url)
    server.url = f"http://[::1]:{server.port}"
    with server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert httpx.get(f"{server.url}/health", headers={"origin": server.url}).headers["access-control-allow-origin"]
    assert server.url in server.log()


def test_a_database_that_is_behind_is_refused_without_auto_migrate(serve: Serve, database_url: str):
    line = said(serve(AUTO_MIGRATE="false", DATABASE_URL=database_url), 1)
    assert "donebook database upgrade" in line
    assert asyncio.run(execute(database_url, "SELECT FROM pg_tables WHERE schemaname = 'public'")) == []


def test_that_command_makes_it_start(serve: Serve, database_url: str, tmp_path: Path):
    assert serve("database", "upgrade", "--no-prompt", DATABASE_URL=database_url).returncode == 0
    with Server(tmp_path, AUTO_MIGRATE="false", DATABASE_URL=database_url) as server:
        assert httpx.get(f"{server.url}/health/ready").json()["migrations"] == "current"


def test_a_database_of_a_newer_version_is_refused(serve: Serve, database_url: str):
    assert serve("database", "upgrade", "--no-prompt", DATABASE_URL=database_url).returncode == 0
    asyncio.run(execute(database_url, "UPDATE alembic_version SET version_num = '9999'"))
    assert "newer version" in said(serve(DATABASE_URL=database_url), 1)


def test_a_database_that_is_not_there_is_said_in_one_line(serve: Serve, database_url: str):
    line = said(serve(DATABASE_URL=database_url + "_nowhere"), 1)
    assert "scratch" in line
    assert "does not exist" in line


def test_the_banner_says_where_it_is_where_the_data_lies_and_how_to_stop(server: Server):
    banner = server.log()
    assert server.url in banner
    assert f"{server.url}/docs" in banner
    assert server.environment["DATABASE_URL"].rpartition("/")[2] in banner
    assert "Ctrl-C" in banner
