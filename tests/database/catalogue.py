"""What a database holds, as its own catalogue says it: two databases are alike when these are equal."""

import json
import re
from hashlib import sha256

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
    "columns in order": f"""
        SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r' GROUP BY 1""",
    "options": f"""
        SELECT c.relname, array_to_string(c.reloptions, ', '), c.relpersistence::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND (c.reloptions IS NOT NULL OR c.relpersistence <> 'p')""",
    "sequence": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle, cache_size, (
            SELECT concat(d.refobjid::regclass, '.', a.attname)
            FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = format('%I.%I', schemaname, sequencename)::regclass
                AND d.deptype IN ('a', 'i')
        ) FROM pg_sequences WHERE schemaname = 'public'""",
    "grant": f"""
        SELECT c.relname, c.relacl::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relacl IS NOT NULL
        UNION ALL
        SELECT p.proname, p.proacl::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.proacl IS NOT NULL""",
    "comment": f"""
        SELECT c.relname, d.objsubid, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND d.classoid = 'pg_class'::regclass""",
}
TOKEN = re.compile(r"--[^\n]*|\s+|('(?:[^']|'')*'|\w+|.)", re.DOTALL)
COLLATIONS = re.compile(r"COLLATE (?!\"C\")\S+")
"""`fold` takes the first collation that a server has of several."""

type Catalogue = dict[str, set[tuple[object, ...]]]


async def catalogue(url: str) -> Catalogue:
    """Everything in the schema `public` but Alembic's own table, kind by kind."""
    connection = await asyncpg.connect(url)
    try:
        return {kind: {tuple(row) for row in await connection.fetch(query)} for kind, query in QUERIES.items()}
    finally:
        await connection.close()


def written(found: Catalogue) -> str:
    """Return a catalogue as lines to keep in a file, the same for each version of PostgreSQL.

    The text of a function is a digest, which white space and comments have no part in.
    """
    lines = []
    for kind, rows in found.items():
        for row in rows:
            shown = row
            if kind == "function":
                shown = (row[0], digest(str(row[1])))
            lines.append(f"{kind}: {json.dumps(shown, ensure_ascii=False)}\n")
    return "".join(sorted(lines))


def digest(text: str) -> str:
    """Return a digest of SQL without its comments and white space; what is quoted counts as it is."""
    tokens = [match[1] for match in TOKEN.finditer(COLLATIONS.sub("COLLATE one", text)) if match[1]]
    return sha256("\0".join(tokens).encode()).hexdigest()[:16]


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
