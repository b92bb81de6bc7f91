"""A revision that has landed stays as it was: it makes the catalogue that is kept of it in `landed/<revision>.txt`.

The catalogue of 0009 was written from a database that the revisions 0001 to 0009 had made, which 0009 replaced.
"""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.script import ScriptDirectory

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db import migrations
from donebook.db.config import MIGRATIONS
from donebook.db.migrations import State
from tests.database.catalogue import catalogue, digest, revisions, written
from tests.database.clusters import database

LANDED = Path(__file__).parent / "landed"
REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
FIRST = "0009"


async def upgrade(url: str, revision: str) -> None:
    await asyncio.to_thread(AlembicCommands(sqlalchemy_config=database(url)).upgrade, revision)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_it_makes_what_it_made_when_it_landed(empty, revision):
    await upgrade(empty, revision)
    made = written(await catalogue(empty))
    kept = LANDED / f"{revision}.txt"
    if not kept.exists():
        kept.write_text(made)
        pytest.fail(f"{revision} is new: its catalogue is in {kept.relative_to(Path.cwd())} now; commit both")
    assert made.splitlines() == kept.read_text().splitlines()


def test_no_revision_is_taken_away():
    assert {file.stem for file in LANDED.glob("*.txt")} <= set(REVISIONS)


async def test_the_first_makes_one_workspace_and_its_empty_log(empty):
    await upgrade(empty, FIRST)
    connection = await asyncpg.connect(empty)
    workspaces = await connection.fetch("SELECT id, version FROM workspaces")
    assert [tuple(row) for row in workspaces] == [(DEFAULT_WORKSPACE, 1)]
    logs = await connection.fetch("SELECT workspace_id, head, forgotten, erasures, followed_until FROM logs")
    assert [tuple(row) for row in logs] == [(DEFAULT_WORKSPACE, 0, 0, 0, None)]
    for table in ("tasks", "changes", "idempotency_keys", "task_search", "search_words"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    (positions,) = await connection.fetch("SELECT last_value, is_called FROM task_positions")
    assert tuple(positions) == (1, False)
    await connection.close()


async def test_a_database_at_the_first_revision_is_upgraded_from_there(empty):
    """The chain of nine ended with the same revision, so what it made needs nothing either."""
    await upgrade(empty, FIRST)
    assert await revisions(empty) == [FIRST]
    revision = await asyncio.to_thread(migrations.current_revision_now, database(empty))
    assert revision == FIRST
    assert migrations.refusal(revision) is None
    assert migrations.state(revision) is (State.CURRENT if REVISIONS[0] == FIRST else State.PENDING)
    await asyncio.to_thread(migrations.upgrade, database(empty))
    assert await revisions(empty) == [REVISIONS[0]]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("SELECT 1  +\n 2 -- three", "SELECT 1 + 2", True),
        ("f( a,b )", "f(a, b)", True),
        ("SELECT 'a  b'", "SELECT 'a b'", False),
        ("SELECT '--a'", "SELECT '--b'", False),
        ("LIMIT 3001", "LIMIT 3002", False),
        ("lower(x COLLATE pg_c_utf8)", 'lower(x COLLATE "C.utf8")', True),
        ("position text COLLATE pg_c_utf8", 'position text COLLATE "C"', False),
    ],
)
def test_what_counts_in_the_text_of_a_function(one, other, alike):
    assert (digest(one) == digest(other)) is alike
