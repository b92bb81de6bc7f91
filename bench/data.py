"""The same tasks for everybody: numbered from 1, each with an id that tells its number."""

from bench.cluster import execute
from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db import migrations
from donebook.db.config import Database
from donebook.db.url import parse_database_url

VERBS = ("Buy", "Call about", "Clean", "Draw", "Look for", "Plan", "Repair", "Sell")
NOUNS = (
    *("milk", "kitchen", "garden", "bicycle", "invoice", "holiday", "dentist", "library"),
    *("curtain", "birthday", "window", "passport", "piano", "recipe", "heating", "umbrella"),
)
WORKSPACES = 100

ID = "('00000000-0000-7000-8000-' || lpad(to_hex(({n})::bigint), 12, '0'))::uuid"
TITLE = f"(ARRAY{list(VERBS)})[n % 8 + 1] || ' ' || (ARRAY{list(NOUNS)})[n / 8 % 16 + 1] || ' ' || n"
DESCRIPTION = "'Two bottles, the blue ones, and something for the neighbour''s cat, number ' || n"
TIME = "now() - interval '1 year' + n * interval '1 second'"

PLAIN = """
CREATE TABLE tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    title varchar(200) NOT NULL,
    description text,
    completed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
)
"""
PLAIN_ROWS = f"""
INSERT INTO tasks (id, title, description, completed, created_at, updated_at)
SELECT {ID.format(n="n")}, {TITLE}, {DESCRIPTION}, n % 3 = 0, {TIME}, {TIME}
FROM generate_series({{first}}, {{last}}) AS n
"""  # noqa: S608
ROWS = f"""
INSERT INTO tasks (workspace_id, id, title, description, completed_at, created_at, updated_at)
SELECT {{workspace}}, {ID.format(n="n")}, {TITLE}, {DESCRIPTION}, CASE WHEN n % 3 = 0 THEN {TIME} END, {TIME}, {TIME}
FROM generate_series({{first}}, {{last}}) AS n
"""  # noqa: S608


def workspace(number: str) -> str:
    """SQL of the id of a workspace; number 0 is the one that there always is."""
    return f"('{str(DEFAULT_WORKSPACE)[:-4]}' || lpad(to_hex(({number})::bigint), 4, '0'))::uuid"


def plain(url: str) -> None:
    """The table of everybody but Donebook, without rows."""
    execute(url, PLAIN, "CREATE INDEX ON tasks (created_at)")


def migrated(url: str) -> None:
    """Donebook's tables, and 100 workspaces."""
    migrations.upgrade(Database(target=lambda: parse_database_url(url)))
    others = f"SELECT {workspace('n')} FROM generate_series(1, {WORKSPACES - 1}) AS n"  # noqa: S608
    execute(url, f"INSERT INTO workspaces (id) {others}")


def fill(url: str, first: int, last: int, *, donebook: bool, spread: bool = False) -> None:
    """Insert the tasks of these numbers; for Donebook into its one workspace, or `spread` over all of them."""
    if donebook:
        where = workspace(f"n % {WORKSPACES}" if spread else "0")
        statement = ROWS.format(first=first, last=last, workspace=where)
    else:
        statement = PLAIN_ROWS.format(first=first, last=last)
    execute(url, statement, "VACUUM ANALYZE")
