"""Functions and triggers stand in `donebook.db.sql` as they are today, and every version that landed is kept."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from donebook.db import sql
from tests.database.catalogue import HEAD, catalogue
from tests.database.commands import Checkout

FOLDER = Path(sql.__file__).parent
TODAY = sorted(FOLDER.glob("*.sql"))
MADE = re.compile(
    r"^(?: {12})?CREATE OR REPLACE (FUNCTION|TRIGGER) (\w+)(?:(?! ON |;).)*(?:\s+ON (\w+))?", re.MULTILINE
)
BY_LOG_CHANGES = {"log_creates", "log_updates", "log_deletes", "log_truncate"}
TOUCH = "src/donebook/db/sql/touch.sql"


@pytest.fixture
def copy(tmp_path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def version(file: Path) -> int:
    """The version that a file says it is."""
    header = sql.HEADER.match(file.read_text())
    assert header is not None, file.name
    assert header["name"] == file.name.partition(".")[0]
    return int(header["version"])


async def test_what_is_installed_is_what_the_files_say(migrated):
    """To run all of them anew changes nothing."""
    before = await catalogue(migrated)
    connection = await asyncpg.connect(migrated)
    for file in TODAY:
        for statement in sql.statements(file.stem, version(file)):
            await connection.execute(statement)
    await connection.execute("SELECT log_changes('tasks', 'task', '{}')")
    await connection.close()
    assert await catalogue(migrated) == before


async def test_nothing_is_installed_that_no_file_says(migrated):
    there = await catalogue(migrated)
    made = [match.groups() for file in TODAY for match in MADE.finditer(file.read_text())]
    functions = {name for kind, name, _ in made if kind == "FUNCTION"}
    assert {name for name, _ in there["function"] if not str(name).startswith("log_tasks_")} == functions
    triggers = {(table, name) for kind, name, table in made if kind == "TRIGGER"}
    assert {(table, name) for table, name, *_ in there["trigger"] if name not in BY_LOG_CHANGES} == triggers


@pytest.mark.parametrize("file", TODAY, ids=lambda file: file.stem)
def test_every_version_that_landed_is_kept(file):
    kept = sorted((FOLDER / "versions").glob(f"{file.stem}.*.sql"))
    assert sorted(version(one) for one in kept) == list(range(1, version(file)))
    assert [one.name for one in kept] == [f"{file.stem}.{version(one)}.sql" for one in kept]


@pytest.mark.parametrize("file", TODAY, ids=lambda file: file.stem)
def test_a_file_begins_with_what_it_does_and_is_taken_apart_without_loss(file):
    text = file.read_text()
    assert re.match(r"-- \w+, version \d+\n--\n-- [A-Z]", text)
    parts = sql.statements(file.stem, version(file))
    assert ";\n\n".join(parts) + ";\n" == text
    assert len(parts) == len(re.findall(r"^(?:CREATE OR REPLACE|DO) ", text, re.MULTILINE))


async def test_a_later_revision_installs_a_newer_version_and_takes_it_back(copy, empty_url, migrated_url):
    newer(copy, keeping=True)
    await asyncio.to_thread(copy.database, "donebook", "upgrade", "--no-prompt", DATABASE_URL=empty_url)
    before = await catalogue(migrated_url)
    changed = {name for name, _ in (await catalogue(empty_url))["function"] ^ before["function"]}
    assert changed == {"touch"}
    await asyncio.to_thread(copy.database, "donebook", "downgrade", "--no-prompt", str(HEAD), DATABASE_URL=empty_url)
    assert await catalogue(empty_url) == before


async def test_a_version_that_was_not_kept_is_named(copy, empty_url):
    newer(copy, keeping=False)
    arguments = ("donebook", "database", "upgrade", "--no-prompt")
    code, output = await asyncio.to_thread(copy.run, *arguments, DATABASE_URL=empty_url)
    assert code != 0
    assert f"there is no version {version(FOLDER / 'touch.sql')} of touch.sql" in output


def newer(copy: Checkout, *, keeping: bool) -> None:
    """Make a newer version of `touch`, and a revision that installs it; keep the old version, or forget to."""
    today = version(FOLDER / "touch.sql")
    old = (copy.folder / TOUCH).read_text()
    copy.edit(TOUCH, f"-- touch, version {today}\n", f"-- touch, version {today + 1}\n")
    copy.edit(TOUCH, "OLD.version + 1;", "OLD.version + 2;")
    if keeping:
        kept = copy.folder / "src/donebook/db/sql/versions"
        kept.mkdir(exist_ok=True)
        (kept / f"touch.{today}.sql").write_text(old)
    revision = copy.revise("Touch anew", "up", "down")
    copy.edit(revision, "from alembic import op\n", "from donebook.db import sql\n")
    copy.edit(revision, "op.execute('up')", f"sql.install('touch', {today + 1})")
    copy.edit(revision, "op.execute('down')", f"sql.install('touch', {today})")
