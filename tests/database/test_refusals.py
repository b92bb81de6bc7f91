"""A database that this version cannot use is refused with one line that says why, and is left as it was."""

import asyncio

import pytest

from tests.conftest import execute
from tests.database.catalogue import NOTHING, catalogue, revisions
from tests.database.commands import Checkout
from tests.server import Server, free_port

UPGRADE = ("database", "upgrade", "--no-prompt")
DOWNGRADE = ("database", "downgrade", "--no-prompt")


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("refusals") / "checkout")


async def refused(copy: Checkout, url: str, *command: str, **settings: object) -> str:
    """The one line with which a command ends."""
    before = await catalogue(url), await revisions(url)
    settings |= {"DATABASE_URL": url, "PORT": free_port()}
    code, output = await asyncio.to_thread(copy.run, "donebook", *command, **settings)
    lines = [line for line in output.splitlines() if not line.startswith("Starting database ")]
    assert code == 1, output
    assert len(lines) == 1, output
    assert lines[0].startswith("donebook: ")
    assert (await catalogue(url), await revisions(url)) == before
    return lines[0]


@pytest.mark.parametrize("command", [("serve",), UPGRADE])
async def test_a_database_of_a_newer_version(copy, migrated_url, command):
    await execute(migrated_url, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in await refused(copy, migrated_url, *command)


@pytest.mark.parametrize("command", [("serve",), UPGRADE, (*DOWNGRADE, "base")])
@pytest.mark.parametrize("revision", ["0001", "0005", "0008"])
async def test_a_database_from_before_the_first_revision_is_told_the_way(copy, migrated_url, revision, command):
    await execute(migrated_url, f"UPDATE alembic_version SET version_num = '{revision}'")
    line = await refused(copy, migrated_url, *command)
    assert f"at revision {revision}" in line
    assert "upgrade it to 0009 first, with the version of Donebook that made it" in line


async def test_a_database_from_before_the_first_revision_when_migrations_are_not_to_be_applied(copy, migrated_url):
    await execute(migrated_url, "UPDATE alembic_version SET version_num = '0005'")
    assert "upgrade it to 0009 first" in await refused(copy, migrated_url, "serve", AUTO_MIGRATE="false")


async def test_a_downgrade_to_a_revision_from_before_the_first(copy, migrated_url):
    """The line is about the revision that was asked for: the database itself is as it should be."""
    line = await refused(copy, migrated_url, *DOWNGRADE, "0005")
    assert "'0005'" in line
    assert "version of Donebook" not in line


async def test_a_database_that_is_behind_when_migrations_are_not_to_be_applied(copy, empty_url, tmp_path):
    line = await refused(copy, empty_url, "serve", AUTO_MIGRATE="false")
    assert "donebook database upgrade" in line
    assert await catalogue(empty_url) == NOTHING
    await asyncio.to_thread(copy.run, "donebook", *UPGRADE, DATABASE_URL=empty_url)
    server = Server(tmp_path, DATABASE_URL=empty_url, AUTO_MIGRATE="false")
    await asyncio.to_thread(server.start)
    assert await asyncio.to_thread(server.stop) == 0


@pytest.mark.parametrize("command", [("serve",), UPGRADE])
async def test_a_database_that_cannot_hold_every_text(copy, embedded, command):
    url = await embedded.create("TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
    line = await refused(copy, url, *command)
    assert "UTF8" in line
    assert "SQL_ASCII" in line


@pytest.mark.parametrize("command", [("serve",), UPGRADE])
async def test_a_role_that_may_not_make_tables(copy, embedded, command):
    url = await embedded.create()
    await embedded.admin(f"ALTER DATABASE {url.rpartition('/')[2]} OWNER TO postgres")
    assert "permission denied for schema public" in await refused(copy, url, *command)
