"""A new revision, from the model to the database and back; and one that fails."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.database.catalogue import HEAD, catalogue, revisions
from tests.database.commands import Checkout
from tests.server import free_port

MODEL = "    completed_at: Mapped[datetime | None] = mapped_column(TIME)\n"
MAKE = ("make-migrations", "-m", "Colours of tasks", "--no-prompt")
FROM_THE_TEMPLATE = "--no-autogenerate"
HALF_DONE = 'op.create_table("half", sa.Column("done", sa.Integer()))'


@pytest.fixture
def copy(tmp_path) -> Checkout:
    return Checkout(tmp_path / "checkout")


async def test_a_new_column_goes_from_the_model_to_the_database_and_back(copy, migrated_url):
    before = await catalogue(migrated_url)
    copy.edit("src/donebook/tasks/models.py", MODEL, f"{MODEL}    colour: Mapped[str | None] = mapped_column(Text)\n")
    code, output = await asyncio.to_thread(copy.run, "donebook", "database", "check", DATABASE_URL=migrated_url)
    assert code != 0, output

    made = await asyncio.to_thread(new_revision, copy, migrated_url)
    text = made.read_text()
    assert text.startswith('"""Colours of tasks\n')
    assert "It runs inside one transaction with a lock time-out" in text
    assert "autocommit_block" not in text

    await asyncio.to_thread(copy.database, "litestar", "upgrade", "--no-prompt", DATABASE_URL=migrated_url)
    assert (await catalogue(migrated_url))["column"] - before["column"] == {
        ("tasks", "colour", "text", False, "", None)
    }
    await asyncio.to_thread(copy.database, "litestar", "check", DATABASE_URL=migrated_url)
    await asyncio.to_thread(copy.database, "litestar", "downgrade", "--no-prompt", DATABASE_URL=migrated_url)
    assert await catalogue(migrated_url) == before


@pytest.mark.parametrize("failure", ['op.execute("SELECT 1/0")', 'raise RuntimeError("halfway")'])
async def test_a_revision_that_fails_halfway_leaves_nothing(copy, migrated_url, failure):
    before = await catalogue(migrated_url)
    made = await asyncio.to_thread(new_revision, copy, migrated_url, FROM_THE_TEMPLATE)
    copy.edit(str(made.relative_to(copy.folder)), "    pass\n", f"    {HALF_DONE}\n    {failure}\n")
    code, output = await asyncio.to_thread(
        copy.run, "litestar", "database", "upgrade", "--no-prompt", DATABASE_URL=migrated_url
    )
    assert code != 0
    assert "division by zero" in output or "halfway" in output
    assert await catalogue(migrated_url) == before
    assert await revisions(migrated_url) == [HEAD]


async def test_of_several_revisions_all_or_none_are_applied(copy, empty_url):
    """An empty database, and the last revision fails: the first is not applied either."""
    empty = await catalogue(empty_url)
    made = await asyncio.to_thread(new_revision, copy, empty_url, FROM_THE_TEMPLATE)
    copy.edit(str(made.relative_to(copy.folder)), "    pass\n", f"    {HALF_DONE}\n    op.execute('SELECT 1/0')\n")
    code, output = await asyncio.to_thread(copy.run, "donebook", "serve", DATABASE_URL=empty_url, PORT=free_port())
    assert code == 1, output
    assert "division by zero" in output.splitlines()[-1]
    assert await catalogue(empty_url) == empty
    assert await revisions(empty_url) == []


async def test_a_migration_gives_up_rather_than_wait_behind_a_lock(copy, migrated_url):
    before = await catalogue(migrated_url)
    copy.edit("migrations/env.py", "TRY_FOR = 60.0", "TRY_FOR = 2.0")
    reader = await asyncpg.connect(migrated_url)
    async with reader.transaction():
        await reader.execute("SELECT FROM tasks")  # as a forgotten session does; it stands in the way of DROP TABLE
        code, output = await asyncio.to_thread(
            copy.run, "donebook", "database", "downgrade", "--no-prompt", "base", DATABASE_URL=migrated_url
        )
    await reader.close()
    assert code != 0
    assert "lock timeout" in output
    assert await catalogue(migrated_url) == before
    assert await revisions(migrated_url) == [HEAD]


def new_revision(copy: Checkout, url: str, *options: str) -> Path:
    """The file that `make-migrations` writes."""
    before = copy.revisions
    copy.database("litestar", *MAKE, *options, DATABASE_URL=url)
    (made,) = copy.revisions - before
    return made
