# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""What many tasks have is found without asking the index for all of them

Revision: 0009, after 0008

The index gives all tasks of a workspace that have a word before the first of them can be looked at: of a million tasks
with a word that every sixteenth has, that takes ten times as long as to go through the tasks in order until fifty are
found. In a large database the first tasks of the workspace now tell, of each of the first ranks, whether enough will
come that soon. What is found is the same.

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import runpy
from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EARLIER: str = runpy.run_path(str(Path(__file__).with_name("0007_find_tasks.py")))["FIND"]

LARGE = 20_000
"""Tasks in the database from which on the index may have many."""
PROBED = 128
"""Tasks of the workspace that tell how many have what is looked for."""
GLANCED = 4000
"""Tasks that are gone through in order, when enough of them should have it."""
SHORT = 2000
"""Bytes of a task's words; longer ones lie elsewhere, and would take longer to look at."""
RANKS = 4
"""The first ranks, in which the index tells all that need be known."""

DECLARED = ("    places bigint := 0;\n", "    places bigint := 0;\n    often int[];\n")
LOOP = "    FOR number IN 1 .. 8 LOOP\n"
SIZE = "(SELECT reltuples FROM pg_class WHERE oid = 'task_search'::regclass)"
PROBE = f"""    IF since IS NULL AND {SIZE} >= {LARGE} THEN
        queries := ranks[1 : {RANKS}]::tsquery[];
        often := (
            SELECT ARRAY[{", ".join(f"count(*) FILTER (WHERE one.words @@ queries[{n}])" for n in range(1, RANKS + 1))}]
            FROM (
                SELECT s.words, s.completed FROM task_search AS s
                WHERE s.workspace_id = workspace ORDER BY s.id LIMIT {PROBED}
            ) AS one
            WHERE (done IS NULL OR one.completed = done) AND pg_column_size(one.words) < {SHORT}
        );
    END IF;
"""
MATCHING = """        got := ARRAY(
            SELECT s.id FROM task_search AS s
            WHERE s.words @@ query AND (s.workspace_id = workspace) IS TRUE AND (done IS NULL OR s.completed = done)
            LIMIT 3001
        );
"""
GLANCE = f"""        got := NULL;
        IF often[number] * {GLANCED} >= best * {PROBED} THEN
            got := ARRAY(
                SELECT one.id FROM (
                    SELECT s.id, s.words, s.completed FROM task_search AS s
                    WHERE s.workspace_id = workspace ORDER BY s.id LIMIT {GLANCED}
                ) AS one
                WHERE one.words @@ query AND (done IS NULL OR one.completed = done)
                ORDER BY one.id LIMIT best
            );
        END IF;
        IF coalesce(cardinality(got) < best, true) THEN
{MATCHING}        END IF;
"""


def changed() -> str:
    """The function as it is from now on."""
    text = EARLIER.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
    for old, new in (DECLARED, (LOOP, PROBE + LOOP), (MATCHING, GLANCE)):
        assert text.count(old) == 1, old  # noqa: S101
        text = text.replace(old, new)
    return text


def upgrade() -> None:
    """The function that finds tasks, changed."""
    op.execute(changed())


def downgrade() -> None:
    """As it was."""
    op.execute(EARLIER.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
