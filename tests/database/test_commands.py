"""`donebook database …` and `litestar database …`, as their users run them from a checkout."""

import asyncio
from functools import partial

import pytest

from tests.database.catalogue import HEAD, NOTHING, catalogue, revisions
from tests.database.commands import Checkout
from tests.processes import at_work_in, postmaster
from tests.server import Server

PROGRAMS = ["donebook", "litestar"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("commands") / "checkout")


@pytest.mark.parametrize("program", PROGRAMS)
async def test_every_command_on_a_database_that_is_named(copy, empty_url, program):
    database = partial(asyncio.to_thread, copy.database, program, DATABASE_URL=empty_url)
    await database("upgrade", "--no-prompt")
    assert (await catalogue(empty_url))["relation"]
    assert f"{HEAD} (head)" in await database("show-current-revision")
    assert "No new upgrade operations" in await database("check")
    await database("downgrade", "--no-prompt", "base")
    assert await catalogue(empty_url) == NOTHING
    assert await revisions(empty_url) == []


@pytest.mark.parametrize(("program", "folder"), [("donebook", "elsewhere"), ("litestar", ".data")])
def test_every_command_on_the_local_database(tmp_path, program, folder):
    """It is started for the command, and stopped with it; what was done stays, in `.data` if nothing else is said."""
    copy = Checkout(tmp_path / "checkout")
    data = copy.folder / folder
    settings = {} if folder == ".data" else {"DATA_DIR": data}

    def database(*arguments: str) -> str:
        output = copy.database(program, *arguments, **settings)
        assert postmaster(data) is None, arguments
        assert at_work_in(data) == [], arguments
        return output

    database("upgrade", "--no-prompt")
    assert f"{HEAD} (head)" in database("show-current-revision")
    assert "No new upgrade operations" in database("check")
    database("downgrade", "--no-prompt", "base")
    before = copy.revisions
    database("make-migrations", "-m", "x", "--no-prompt", "--no-autogenerate")
    assert len(copy.revisions - before) == 1


def test_a_command_beside_a_running_server_uses_its_database_and_leaves_it_alone(tmp_path):
    data = tmp_path / "data"
    with Server(tmp_path, DATA_DIR=data) as server:
        before = postmaster(data)
        assert before is not None
        copy = Checkout(tmp_path / "checkout")
        assert f"{HEAD} (head)" in copy.database("donebook", "show-current-revision", DATA_DIR=data)
        assert postmaster(data) == before
        assert server.process is not None
        assert server.process.poll() is None
