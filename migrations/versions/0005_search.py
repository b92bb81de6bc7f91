# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""Lists in every order, and search

Revision: 0005, after 0004

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.

No extension is needed. Function bodies are SQL-standard ones (`RETURN …`), which name what they use by its identity:
a restored dump finds it, whatever its `search_path` is.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MARKS = (
    r"[\0300-\036F\0591-\05BD\05BF\05C1\05C2\05C4\05C5\05C7\064B-\065F\0670"
    r"\1AB0-\1AFF\1DC0-\1DFF\20D0-\20FF\FE00-\FE0F\FE20-\FE2F]+"
)
# Thai, Lao, Burmese, Khmer, kana, Bopomofo, Han, and pictures: what is written without spaces.
UNSPACED = (
    r"\0E00-\0EFF\1000-\109F\1780-\17FF\2600-\27BF\2E80-\2FDF\3005-\3007\3021-\3029\3031-\30FA"
    r"\30FC-\31FF\3400-\4DBF\4E00-\9FFF\F900-\FAFF\+01F000-\+01FAFF\+020000-\+03FFFF"
)
BETWEEN = (
    r"\0001-\001F!-/:-@[-`{-\00A9\00AB-\00B4\00B6-\00B9\00BB-\00BF\00D7\00F7\2000-\206F\20A0-\20CF\2190-\25FF"
    r"\27C0-\2BFF\3000-\3004\3008-\3020\3030\30FB\FE10-\FE6F\FFFC-\FFFF"
)

# Without case and accents. What is upper case a database knows only under a collation that knows letters:
# PostgreSQL's own from 17 on, before that the system's or ICU's. What it gives compares and sorts by code points, which
# is the same everywhere.
FOLD = rf"""
DO $do$
DECLARE
    known text;
BEGIN
    FOR known IN
        SELECT format('pg_catalog.%I', collname) FROM pg_collation
        WHERE collnamespace = 'pg_catalog'::regnamespace AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
            AND collname IN ('pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu', 'en_US.utf8')
        ORDER BY array_position('{{pg_c_utf8,C.utf8,C.UTF-8,und-x-icu,en_US.utf8}}'::text[], collname::text)
    LOOP
        EXECUTE format($fold$
            CREATE OR REPLACE FUNCTION fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
                CASE WHEN octet_length(given) = char_length(given) THEN lower(given COLLATE %1$s)
                ELSE normalize(
                    replace(replace(replace(replace(translate(
                        regexp_replace(lower(normalize(given, NFKD) COLLATE %1$s), U&'{MARKS}', '', 'g'),
                        'øđðłħıŧĸς', 'oddlhitkσ'
                    ), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
                    NFC
                ) END
            ) COLLATE "C"
        $fold$, known);
        EXIT WHEN fold('ÀÉΣЖ') = 'aeσж';
    END LOOP;
    IF fold('ÀÉΣЖ') <> 'aeσж' THEN
        RAISE EXCEPTION 'Donebook needs a collation that knows letters: C.UTF-8, ICU''s, or PostgreSQL 17''s own';
    END IF;
END
$do$
"""
# As bytes, which sort alike in every database. What is cut off would be too long for an index: a letter may stand for
# eighteen.
TITLE_ORDER = """
CREATE FUNCTION title_order(title text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN convert_to(left(fold(title), 200), 'UTF8')
"""

# What is looked up: each word behind `word`, and behind `part` whatever up to three characters stand together in a run
# of what is written without spaces. Words are cut where a lexeme would be too long; nobody can ask for such long ones.
SEARCH_LEXEMES = rf"""
CREATE FUNCTION search_lexemes(word text, part text, given text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT AS $$
DECLARE
    spaced text := fold(given);
    words text[];
BEGIN
    IF octet_length(spaced) = char_length(spaced) THEN
        spaced := regexp_replace(spaced, '[^a-z0-9 ]+', ' ', 'g');
    ELSE
        spaced := regexp_replace(spaced, U&'[{BETWEEN}]+', ' ', 'g');
        spaced := regexp_replace(spaced, U&'([{UNSPACED}]+)', ' \1 ', 'g');
    END IF;
    words := string_to_array(word || replace(spaced, ' ', ' ' || word), ' ');
    IF char_length(spaced) > 400 THEN
        words := ARRAY(SELECT left(each, 400) FROM unnest(words) AS each);
    END IF;
    IF octet_length(spaced) > char_length(spaced) THEN
        words := words || ARRAY(
            SELECT concat(part, letter, lead(letter, 1) OVER run, lead(letter, 2) OVER run)
            FROM regexp_matches(spaced, U&'[{UNSPACED}]+', 'g') WITH ORDINALITY AS matched(run, number),
                unnest(string_to_array(run[1], NULL)) WITH ORDINALITY AS letters(letter, place)
            WINDOW run AS (PARTITION BY number ORDER BY place)
        );
    END IF;
    RETURN words;
END
$$
"""
# The workspace is part of every lexeme, so that a word of everybody's is looked up among one's own; four of its digits
# are enough, for rows name their workspace as well.
SEARCH_VECTOR = """
CREATE FUNCTION search_vector(workspace uuid, title text, description text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
DECLARE
    scope constant text := right(workspace::text, 4);
    found text[] := search_lexemes('t' || scope, 'T' || scope, title);
BEGIN
    IF description IS NOT NULL THEN
        found := found || search_lexemes('d' || scope, 'D' || scope, description);
    END IF;
    RETURN array_to_tsvector(found);
END
$$
"""
# The words in which a slip of the pen is forgiven: of letters, and long enough.
SPELLED = rf"""
CREATE FUNCTION spelled(words tsvector) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT substr(lexeme, 6) FROM unnest(tsvector_to_array(words)) AS lexeme
    WHERE char_length(lexeme) >= 9 AND left(lexeme, 1) IN ('t', 'd') AND substr(lexeme, 6) !~ U&'[0-9{UNSPACED}]';
END
"""

# The triggers are named to come after those of the log: who writes has the workspace's place in the log first, so that
# the words of one workspace are written by one at a time.
CREATED = """
CREATE FUNCTION search_creates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    WITH made AS (
        INSERT INTO task_search (workspace_id, id, completed, words)
        SELECT workspace_id, id, completed_at IS NOT NULL, search_vector(workspace_id, title, description)
        FROM new_rows WHERE deleted_at IS NULL
        RETURNING workspace_id, words
    )
    INSERT INTO search_words (workspace_id, word)
    SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word
    ORDER BY workspace_id, word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$
"""
DELETED = """
CREATE FUNCTION search_deletes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM task_search AS s USING old_rows AS o WHERE s.workspace_id = o.workspace_id AND s.id = o.id;
    PERFORM forget_words(workspace_id, array_agg(DISTINCT word))
    FROM old_rows, spelled(search_vector(workspace_id, title, description)) AS word GROUP BY workspace_id;
    RETURN NULL;
END
$$
"""


def either(statement: str) -> str:
    """A statement of a trigger. A session keeps the plan that it made first: that for few rows is none for many."""
    sought = statement.replace("PERFORM", "SELECT", 1)
    return f"IF many THEN EXECUTE $many${sought}$many$; ELSE {statement}; END IF;"


def whether(condition: str) -> str:
    """The same of a condition, which `so` has then."""
    return f"IF many THEN EXECUTE $many$SELECT {condition}$many$ INTO so; ELSE so := {condition}; END IF;"


# Most updates change nothing that can be looked for; to be completed is a flag, which no index has.
REWRITTEN = """EXISTS (
        SELECT FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id)
        WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
            OR (n.deleted_at IS NULL) <> (o.deleted_at IS NULL)
    )"""
FLAGGED = """EXISTS (
        SELECT FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id)
        WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
            OR (n.deleted_at IS NULL) <> (o.deleted_at IS NULL) OR (n.completed_at IS NULL) <> (o.completed_at IS NULL)
    )"""
FLAG = """UPDATE task_search AS s SET completed = n.completed_at IS NOT NULL
    FROM new_rows AS n
    WHERE s.workspace_id = n.workspace_id AND s.id = n.id AND s.completed <> (n.completed_at IS NOT NULL)"""
LEAVE = """DELETE FROM task_search AS s USING old_rows AS o
    WHERE s.workspace_id = o.workspace_id AND s.id = o.id AND NOT EXISTS (
        SELECT FROM new_rows AS n WHERE n.workspace_id = s.workspace_id AND n.id = s.id AND n.deleted_at IS NULL
    )"""
COME = """WITH made AS (
        INSERT INTO task_search AS s (workspace_id, id, completed, words)
        SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL, search_vector(n.workspace_id, n.title, n.description)
        FROM new_rows AS n LEFT JOIN old_rows AS o USING (workspace_id, id)
        WHERE n.deleted_at IS NULL AND (
            o.id IS NULL OR o.deleted_at IS NOT NULL
            OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
        )
        ON CONFLICT (workspace_id, id) DO UPDATE SET words = excluded.words WHERE s.words <> excluded.words
        RETURNING s.workspace_id, s.words
    )
    INSERT INTO search_words (workspace_id, word)
    SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word
    ORDER BY workspace_id, word
    ON CONFLICT DO NOTHING"""
UNUSED = """PERFORM forget_words(workspace_id, array_agg(DISTINCT word))
    FROM (
        SELECT o.workspace_id, word FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id),
            spelled(search_vector(o.workspace_id, o.title, o.description)) AS word
        WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
        EXCEPT
        SELECT workspace_id, word FROM new_rows, spelled(search_vector(workspace_id, title, description)) AS word
    ) AS gone GROUP BY workspace_id"""
UPDATED = f"""
CREATE FUNCTION search_updates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    many constant boolean := (SELECT count(*) > 100 FROM old_rows);
    so boolean;
BEGIN
    {whether(FLAGGED)}
    IF NOT so THEN
        RETURN NULL;
    END IF;
    {either(FLAG)}
    {whether(REWRITTEN)}
    IF NOT so THEN
        RETURN NULL;
    END IF;
    {either(LEAVE)}
    {either(COME)}
    {either(UNUSED)}
    RETURN NULL;
END
$$
"""
# Words that no task has any more, be it because it was rewritten or deleted for good, are not kept either. A word that
# is found to be common is not looked up again: to have been in so many tasks tells nothing of any.
FORGET = """
CREATE FUNCTION forget_words(workspace uuid, forgotten text[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    scope constant text := right(workspace::text, 4);
    each text;
    left_over bigint;
BEGIN
    FOR each IN
        SELECT word FROM search_words WHERE workspace_id = workspace AND word = ANY (forgotten) AND NOT common
        ORDER BY word
    LOOP
        SELECT count(*) INTO left_over FROM (
            SELECT FROM task_search
            WHERE words @@ format('''t%1$s%2$s''|''d%1$s%2$s''', scope, each)::tsquery
                AND (workspace_id = workspace) IS TRUE
            LIMIT 100
        ) AS others;
        IF left_over = 0 THEN
            DELETE FROM search_words WHERE workspace_id = workspace AND word = each;
        ELSIF left_over = 100 THEN
            UPDATE search_words SET common = true WHERE workspace_id = workspace AND word = each;
        END IF;
    END LOOP;
END
$$
"""
FILL = """
INSERT INTO task_search (workspace_id, id, completed, words)
SELECT workspace_id, id, completed_at IS NOT NULL, search_vector(workspace_id, title, description)
FROM tasks WHERE deleted_at IS NULL
"""
FILL_WORDS = """
INSERT INTO search_words (workspace_id, word)
SELECT DISTINCT workspace_id, word FROM task_search, spelled(words) AS word
"""
FUNCTIONS = (TITLE_ORDER, SEARCH_LEXEMES, SEARCH_VECTOR, SPELLED, FORGET, CREATED, DELETED, UPDATED)

ORDERS = {
    "position": "position",
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_order(title)",
}
STATES = {"open": "completed_at IS NULL", "done": "completed_at IS NOT NULL"}


def upgrade() -> None:
    """An index for each order, for open and for done tasks; what search looks up, and who keeps it."""
    op.execute(FOLD)
    for function in FUNCTIONS:
        op.execute(function)
    for order, key in ORDERS.items():
        for state, condition in STATES.items():
            op.create_index(
                f"ix_tasks_{state}_{order}",
                "tasks",
                ["workspace_id", sa.text(key), "id"],
                postgresql_where=sa.text(f"deleted_at IS NULL AND {condition}"),
            )
    op.create_table(
        "task_search",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_table(
        "search_words",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("common", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(FILL)
    op.create_primary_key("pk_task_search", "task_search", ["workspace_id", "id"])
    op.create_index(
        "ix_task_search_words", "task_search", ["words"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )
    op.execute(FILL_WORDS)
    op.create_primary_key("pk_search_words", "search_words", ["workspace_id", "word"])
    op.create_index("ix_search_words_backwards", "search_words", ["workspace_id", sa.text("reverse(word)")])
    for event, rows in {
        "INSERT": "NEW TABLE AS new_rows",
        "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "DELETE": "OLD TABLE AS old_rows",
    }.items():
        name = {"INSERT": "creates", "UPDATE": "updates", "DELETE": "deletes"}[event]
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {event} ON tasks REFERENCING {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION search_{name}()"
        )


def downgrade() -> None:
    """Take it back."""
    for name in ("creates", "updates", "deletes"):
        op.execute(f"DROP TRIGGER search_{name} ON tasks")
        op.execute(f"DROP FUNCTION search_{name}()")
    op.execute("DROP FUNCTION forget_words(uuid, text[])")
    op.drop_table("search_words")
    op.drop_table("task_search")
    for order in ORDERS:
        for state in STATES:
            op.drop_index(f"ix_tasks_{state}_{order}", "tasks")
    op.execute("DROP FUNCTION spelled(tsvector)")
    op.execute("DROP FUNCTION search_vector(uuid, text, text)")
    op.execute("DROP FUNCTION search_lexemes(text, text, text)")
    op.execute("DROP FUNCTION title_order(text)")
    op.execute("DROP FUNCTION fold(text)")
