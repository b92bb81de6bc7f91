"""The SQL of the migrations, as `--sql` writes it: it runs as it stands, and nothing in it blocks traffic."""

import asyncio
import re
import subprocess
from io import StringIO

import asyncpg
import pytest
from advanced_alchemy.alembic.commands import AlembicCommands
from alembic.script import ScriptDirectory

from donebook.db.config import MIGRATIONS
from tests.database.catalogue import NOTHING, catalogue, revisions
from tests.database.clusters import database
from tests.server import DONEBOOK

SQUAWK = DONEBOOK.with_name("squawk")
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"  # to write SQL takes no database
NOT_FOR_US = [
    # A long migration is not cut off: what must not wait is the traffic, and the lock time-out sees to that.
    "require-statement-timeout",
]
ONCE: dict[str, set[str]] = {}
"""Complaints about a revision that are accepted; each with a comment that says why."""
ALEMBICS_OWN = re.compile(r"CREATE TABLE alembic_version \(.*?\);", re.DOTALL)


def steps() -> list[str]:
    """Each revision, with the one before it: what is linted alone cannot hide behind a table that is new."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return [f"{one.down_revision}:{one.revision}" if one.down_revision else one.revision for one in scripts]


def written(direction: str, revision: str) -> str:
    """The SQL that would take a database to a revision."""
    commands = AlembicCommands(sqlalchemy_config=database(NOWHERE))
    commands.config.output_buffer = StringIO()
    getattr(commands, direction)(revision, sql=True)
    return commands.config.output_buffer.getvalue()


def squawk(sql: str, *accepted: str) -> tuple[int, str]:
    """The exit code and the complaints of squawk."""
    options = ["--pg-version", "15", "--reporter", "gcc", "--exclude", ",".join([*NOT_FOR_US, *accepted])]
    told = subprocess.run([SQUAWK, *options], input=sql, capture_output=True, text=True, check=False)
    return told.returncode, told.stdout + told.stderr


@pytest.mark.parametrize("step", steps())
async def test_squawk_finds_nothing_in_an_upgrade(step):
    sql = await asyncio.to_thread(written, "upgrade", step)
    assert "SET LOCAL lock_timeout" in sql
    accepted = ONCE.get(step.rpartition(":")[2], set())
    _, complaints = squawk(ALEMBICS_OWN.sub("", sql))
    assert set(re.findall(r"warning: ([a-z-]+)", complaints)) == accepted
    assert squawk(ALEMBICS_OWN.sub("", sql), *accepted) == (0, "")


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX ix ON tasks (title);", "require-concurrent-index-creation"),
        ("ALTER TABLE tasks ADD COLUMN colour varchar(9) NOT NULL;", "adding-required-field"),
        ("ALTER TABLE tasks ALTER COLUMN title TYPE bytea;", "changing-column-type"),
    ],
)
def test_squawk_would_find_what_blocks_traffic(statement, rule):
    code, complaints = squawk(f"BEGIN;\nSET LOCAL lock_timeout = '5s';\n{statement}\nCOMMIT;\n")
    assert code != 0
    assert rule in complaints


async def test_the_sql_runs_as_it_is_written(empty, migrated):
    connection = await asyncpg.connect(empty)
    await connection.execute(await asyncio.to_thread(written, "upgrade", "head"))
    assert await catalogue(empty) == await catalogue(migrated)
    assert await revisions(empty) == await revisions(migrated)
    await connection.execute(await asyncio.to_thread(written, "downgrade", "head:base"))
    assert await catalogue(empty) == NOTHING
    await connection.close()
