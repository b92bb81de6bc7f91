"""What a database holds, as its own catalogue says it: two databases are alike when these are equal."""

import asyncpg
from alembic.script import ScriptDirectory

from donebook.db.config import MIGRATIONS

HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()
OURS = "n.nspname = 'public' AND c.relname NOT LIKE 'alembic%'"
QUERIES = {
    "relation": f"""
        SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS}""",
    "column": f"""
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
            pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'""",
    # PostgreSQL 18 lists NOT NULL among the constraints; the columns above have it on every version.
    "constraint": f"""
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND k.contype <> 'n'""",
    "index": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'""",
    "trigger": f"""
        SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND NOT t.tgisinternal""",
    "function": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prokind IN ('f', 'p')""",
    "type": f"""
        SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE n.nspname = 'public' AND t.typcategory <> 'A' AND (c.oid IS NULL OR {OURS})""",
}

type Catalogue = dict[str, set[tuple[object, ...]]]


async def catalogue(url: str) -> Catalogue:
    """Everything in the schema `public` but Alembic's own table, kind by kind."""
    connection = await asyncpg.connect(url)
    try:
        return {kind: {tuple(row) for row in await connection.fetch(query)} for kind, query in QUERIES.items()}
    finally:
        await connection.close()


async def revisions(url: str) -> list[str]:
    """The revisions that a database is at; none without Alembic's table."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return []
    finally:
        await connection.close()
    return [row["version_num"] for row in rows]


NOTHING: Catalogue = {kind: set() for kind in QUERIES}
