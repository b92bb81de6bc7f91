"""The database's password never shows, however it is spelt: not in the banner, not in a log, not in a refusal."""

import asyncio
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest

from donebook.db.local import APPLICATION
from local_postgres.server import find_programs
from tests.conftest import execute
from tests.server import Server
from tests.settings.conftest import Serve, said

PASSWORD = "s3cr3t Canary/ü@:%41?#[]&=+'\"\\$"


@pytest.fixture
def strange_url(database_url: str, admin_url: str) -> str:
    """The URL of a database whose owner has a password of strange characters."""
    literal = PASSWORD.replace("'", "''").replace("\\", "\\\\")
    parts = urlsplit(database_url)
    role = f"strange_{parts.path.removeprefix('/')}"
    asyncio.run(execute(admin_url, f"CREATE ROLE {role} LOGIN IN ROLE donebook PASSWORD E'{literal}'"))
    return parts._replace(netloc=f"{role}:{quote(PASSWORD, safe='')}@127.0.0.1:{parts.port}").geturl()


def shown(text: str) -> list[str]:
    """Which spellings of the password are in a text."""
    spellings = [PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), "s3cr3t", "Canary", repr(PASSWORD)]
    return [spelling for spelling in spellings if spelling in text]


def test_a_server_works_with_a_strange_password_and_never_says_it(strange_url: str, tmp_path: Path):
    with Server(tmp_path, DATABASE_URL=strange_url, LOG_LEVEL="debug") as server:
        assert httpx.post(f"{server.url}/tasks", json={"title": "Buy milk"}).status_code == 201
        asyncio.run(execute(strange_url, "ALTER TABLE tasks RENAME TO away"))
        assert httpx.get(f"{server.url}/tasks").status_code == 503
    assert f"{urlsplit(strange_url).username}:***@127.0.0.1:{urlsplit(strange_url).port}/" in server.log()
    assert shown(server.log()) == []


def test_a_password_that_is_refused_is_not_said(strange_url: str, serve: Serve):
    line = said(serve(DATABASE_URL=strange_url.replace("@127", "x@127")), 1)
    assert ":***@127.0.0.1" in line
    assert "authentication failed" in line
    assert shown(line) == []


@pytest.mark.parametrize("wrong", ["", "x"])
def test_other_commands_do_not_say_it_either(strange_url: str, serve: Serve, wrong: str):
    url = strange_url.replace("@127", f"{wrong}@127")
    run = serve("database", "upgrade", "--no-prompt", DATABASE_URL=url, LOG_LEVEL="debug")
    assert run.returncode == (1 if wrong else 0)
    assert shown(run.stdout + run.stderr) == []
    assert "Traceback" not in run.stderr


def test_a_server_starts_with_a_password_as_it_is(database_url: str, admin_url: str, tmp_path: Path):
    """What `psql` takes, Donebook does."""
    parts, password = urlsplit(database_url), "s3cr3tCanary#ü:[]&=+;"
    role = f"raw_{parts.path.removeprefix('/')}"
    asyncio.run(execute(admin_url, f"CREATE ROLE {role} LOGIN IN ROLE donebook PASSWORD '{password}'"))
    url = f"postgresql://{role}:{password}@127.0.0.1:{parts.port}{parts.path}"
    psql = subprocess.run(
        [find_programs(APPLICATION) / "bin" / "psql", "-Atc", "SELECT 1", url], capture_output=True, check=False
    )
    assert psql.stdout == b"1\n", psql.stderr
    with Server(tmp_path, DATABASE_URL=url, LOG_LEVEL="debug") as server:
        assert httpx.get(f"{server.url}/tasks").json() == []
    assert shown(server.log()) == []


def test_the_environment_may_hold_it_as_a_parameter(strange_url: str, tmp_path: Path):
    parts = urlsplit(strange_url)
    moved = parts._replace(
        netloc=f"{parts.username}@127.0.0.1:{parts.port}", query=f"password={quote(PASSWORD, safe='')}"
    )
    with Server(tmp_path, DATABASE_URL=moved.geturl()) as server:
        assert httpx.get(f"{server.url}/tasks").json() == []
    assert shown(server.log()) == []
