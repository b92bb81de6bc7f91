# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""Statements of one row are logged and made findable without joins

Revision: 0008, after 0007

Nearly every statement writes one row, and the next one of its workspace waits until it has committed: the less its
triggers do, the more can be written. A statement of more than a hundred rows is planned for these when it comes. (A
plan that a session had made for few rows and kept, or one that hoped to come early upon a row, took minutes for
100,000.)

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import runpy
from pathlib import Path
from typing import Any

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def earlier(file: str) -> dict[str, Any]:
    """The parts of an earlier revision."""
    return runpy.run_path(str(Path(__file__).with_name(f"{file}.py")))


CHANGES = earlier("0003_changes")
SEARCH = earlier("0005_search")
either = SEARCH["either"]  # a statement planned anew where there are `many` rows
COUNTED = """rows constant int := (SELECT count(*) FROM (SELECT FROM {rows} LIMIT 101) AS first_rows);
    many constant boolean := rows > 100;"""

# What writes the log of a table; `log_changes` fills in how one row is logged, and many. What is read is kept in
# variables of types that no table has a say in: a session may outlive a change of the table's columns.
WRITE = f"""
CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    {COUNTED.format(rows="%2$s")}
    workspace uuid;
    row_id uuid;
    moved jsonb;
    counted bigint;
    moment timestamptz;
    place bigint;
BEGIN
    IF rows = 0 THEN
        RETURN NULL;
    END IF;
    IF rows = 1 THEN
        %4$s
        IF moved IS NULL AND FOUND THEN
            RETURN NULL;
        END IF;
        UPDATE logs SET head = head + 1 WHERE workspace_id = workspace RETURNING head INTO place;
        IF FOUND THEN
            INSERT INTO changes (
                workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
            ) VALUES (
                workspace, place, %3$L, row_id, %5$L, moved, counted,
                coalesce(caller(1), 'database'),
                coalesce(nullif(current_setting('donebook.requests', true), '')::jsonb ->> row_id::text, caller(2)),
                caller(3)::bigint, caller(4)::bigint, moment
            );
            RETURN NULL;
        END IF;
    END IF;
    %6$s
    RETURN NULL;
END
$body$
"""
WRITE_SEVERAL = """WITH moved AS MATERIALIZED (%1$s),
    counted AS (
        INSERT INTO logs (workspace_id, head)
        SELECT workspace_id, count(*) FROM moved GROUP BY 1 ORDER BY 1
        ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
        RETURNING workspace_id, head
    ),
    asked AS MATERIALIZED (
        SELECT key::uuid AS id, value AS request
        FROM jsonb_each_text(nullif(current_setting('donebook.requests', true), '')::jsonb)
    )
INSERT INTO changes (
    workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
)
SELECT workspace_id,
    head - count(*) OVER (PARTITION BY workspace_id)
        + row_number() OVER (PARTITION BY workspace_id ORDER BY id, op),
    %2$L, id, op, diff, version,
    coalesce(caller(1), 'database'), coalesce(request, caller(2)), caller(3)::bigint, caller(4)::bigint, at
FROM moved JOIN counted USING (workspace_id) LEFT JOIN asked USING (id)"""
# What cannot be logged as one row leaves `workspace` null, and goes the way of many: a row that moved to another id.
CREATED = """SELECT n.workspace_id, n.id, jsonb_build_object(%1$s), n.version, n.updated_at
        INTO workspace, row_id, moved, counted, moment FROM new_rows AS n;"""
DELETED = """SELECT o.workspace_id, o.id,
            CASE WHEN EXISTS (SELECT FROM workspaces WHERE workspaces.id = o.workspace_id)
                THEN jsonb_build_object(%1$s) END,
            o.version + 1, clock_timestamp()
        INTO workspace, row_id, moved, counted, moment FROM old_rows AS o;"""
UPDATED = """SELECT n.workspace_id, n.id, CASE WHEN n.version <> o.version THEN %1$s END, n.version, n.updated_at
        INTO workspace, row_id, moved, counted, moment
        FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id AND n.workspace_id = o.workspace_id;"""


def several(moved: str, columns: str) -> str:
    """What `log_changes` makes of the way of many rows: the rows that have moved, and which of its texts they need."""
    rows = f"format($moved${CHANGES[moved]}$moved$, {columns})"
    return f"format($either${either('%1$s')}$either$, format($several${WRITE_SEVERAL}$several$, {rows}, entity))"


# As in 0003 but for how rows are logged.
LOG = f"""
CREATE OR REPLACE FUNCTION log_changes(logged regclass, entity text, hidden text[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    left_out constant text[] := hidden || '{{workspace_id,version,updated_at}}';
    first constant boolean := NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = logged AND tgname = 'log_creates');
    name constant text := relname FROM pg_class WHERE oid = logged;
    created text;
    deleted text;
    updated text;
BEGIN
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', logged);
    SELECT string_agg(format('%L, jsonb_build_array(NULL, %s)', attname, format(form, 'n', attname)), ', '),
        string_agg(format('%L, jsonb_build_array(%s, NULL)', attname, format(form, 'o', attname)), ', '),
        string_agg(format(
            'CASE WHEN o.%1$I IS DISTINCT FROM n.%1$I
                THEN jsonb_build_object(%1$L, jsonb_build_array(%2$s, %3$s)) ELSE %4$L END',
            attname, format(form, 'o', attname), format(form, 'n', attname), '{{}}'
        ), ' || ')
    INTO created, deleted, updated
    FROM pg_attribute, LATERAL (SELECT CASE atttypid WHEN 'timestamptz'::regtype
        THEN 'to_char(%s.%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'')'
        ELSE '%s.%I' END AS form) AS typed
    WHERE attrelid = logged AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> ALL (left_out);

    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_creates', 'new_rows', entity,
        format($one${CREATED}$one$, created), 'create', {several("CREATES", "created")});
    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_deletes', 'old_rows', entity,
        format($one${DELETED}$one$, deleted), 'delete', {several("DELETES", "created, deleted")});
    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_updates', 'new_rows', entity,
        format($one${UPDATED}$one$, updated), 'update', {several("UPDATES", "created, deleted, updated")});
    IF first THEN
        EXECUTE format('CREATE TRIGGER log_creates AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_creates');
        EXECUTE format('CREATE TRIGGER log_updates AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows
            NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_updates');
        EXECUTE format('CREATE TRIGGER log_deletes AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_deletes');
        EXECUTE format('CREATE TRIGGER log_truncate BEFORE TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION log_truncate()', logged);
        EXECUTE format($copy$
            WITH counted AS (
                INSERT INTO logs (workspace_id, head) SELECT workspace_id, count(*) FROM %1$s GROUP BY 1 ORDER BY 1
                ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
                RETURNING workspace_id, head
            )
            INSERT INTO changes (workspace_id, seq, entity, entity_id, op, diff, version, actor, at)
            SELECT workspace_id,
                head - count(*) OVER (PARTITION BY workspace_id)
                    + row_number() OVER (PARTITION BY workspace_id ORDER BY created_at, id),
                %2$L, id, 'create', jsonb_build_object(%3$s), version, 'database', updated_at
            FROM %1$s AS n JOIN counted USING (workspace_id)
        $copy$, logged, entity, created);
    END IF;
END
$$
"""

NEW_WORDS = """INSERT INTO search_words (workspace_id, word)
        SELECT workspace, known.word FROM spelled(vector) AS known(word) ORDER BY known.word
        ON CONFLICT DO NOTHING;"""
INDEX = """WITH made AS (
        INSERT INTO task_search (workspace_id, id, completed, words)
        SELECT workspace_id, id, completed_at IS NOT NULL, search_vector(workspace_id, title, description)
        FROM new_rows WHERE deleted_at IS NULL
        RETURNING workspace_id, words
    )
    INSERT INTO search_words (workspace_id, word)
    SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word
    ORDER BY workspace_id, word
    ON CONFLICT DO NOTHING"""
SEARCH_CREATES = f"""
CREATE OR REPLACE FUNCTION search_creates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    {COUNTED.format(rows="new_rows")}
    workspace uuid;
    task uuid;
    done boolean;
    vector tsvector;
BEGIN
    IF rows = 1 THEN
        SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL, search_vector(n.workspace_id, n.title, n.description)
        INTO workspace, task, done, vector FROM new_rows AS n WHERE n.deleted_at IS NULL;
        IF FOUND THEN
            INSERT INTO task_search (workspace_id, id, completed, words) VALUES (workspace, task, done, vector);
            {NEW_WORDS}
        END IF;
    ELSIF rows > 1 THEN
        {either(INDEX)}
    END IF;
    RETURN NULL;
END
$body$
"""
REMOVE = "DELETE FROM task_search AS s USING old_rows AS o WHERE s.workspace_id = o.workspace_id AND s.id = o.id"
FORGET = """PERFORM forget_words(workspace_id, array_agg(DISTINCT word))
    FROM old_rows, spelled(search_vector(workspace_id, title, description)) AS word GROUP BY workspace_id"""
SEARCH_DELETES = f"""
CREATE OR REPLACE FUNCTION search_deletes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    {COUNTED.format(rows="old_rows")}
    workspace uuid;
    task uuid;
    vector tsvector;
BEGIN
    IF rows = 1 THEN
        SELECT o.workspace_id, o.id, search_vector(o.workspace_id, o.title, o.description)
        INTO workspace, task, vector FROM old_rows AS o;
        DELETE FROM task_search WHERE workspace_id = workspace AND id = task;
        PERFORM forget_words(workspace, ARRAY(SELECT spelled(vector)));
    ELSIF rows > 1 THEN
        {either(REMOVE)}
        {either(FORGET)}
    END IF;
    RETURN NULL;
END
$body$
"""
# Counted, for an EXISTS would be planned to come early upon a row, and look at every pair of rows when there is none.
REWRITTEN = """(
        SELECT count(*) FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id)
        WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
            OR (n.deleted_at IS NULL) <> (o.deleted_at IS NULL)
    ) > 0"""
# Most updates change nothing that can be looked for; to be completed is a flag, which no index has. Words are forgotten
# that the task had and has no more, be it in the title or in the description.
SEARCH_UPDATES = f"""
CREATE OR REPLACE FUNCTION search_updates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    {COUNTED.format(rows="new_rows")}
    workspace uuid;
    task uuid;
    done boolean;
    was_done boolean;
    live boolean;
    was_live boolean;
    rewritten boolean;
    so boolean;
    vector tsvector;
    gone text[];
BEGIN
    IF rows = 0 THEN
        RETURN NULL;
    END IF;
    IF rows = 1 THEN
        SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL, o.completed_at IS NOT NULL,
            n.deleted_at IS NULL, o.deleted_at IS NULL,
            n.title <> o.title OR n.description IS DISTINCT FROM o.description
        INTO workspace, task, done, was_done, live, was_live, rewritten
        FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id AND n.workspace_id = o.workspace_id;
        IF FOUND THEN
            IF live AND (rewritten OR NOT was_live) THEN
                vector := (SELECT search_vector(n.workspace_id, n.title, n.description) FROM new_rows AS n);
                INSERT INTO task_search (workspace_id, id, completed, words) VALUES (workspace, task, done, vector)
                ON CONFLICT (workspace_id, id) DO UPDATE SET completed = excluded.completed, words = excluded.words;
                {NEW_WORDS}
            ELSIF live AND done <> was_done THEN
                UPDATE task_search SET completed = done WHERE workspace_id = workspace AND id = task;
            ELSIF was_live AND NOT live THEN
                DELETE FROM task_search WHERE workspace_id = workspace AND id = task;
            END IF;
            IF rewritten THEN
                gone := ARRAY(
                    SELECT spelled(search_vector(o.workspace_id, o.title, o.description)) FROM old_rows AS o
                    EXCEPT
                    SELECT spelled(search_vector(n.workspace_id, n.title, n.description)) FROM new_rows AS n
                );
                IF gone <> '{{}}' THEN
                    PERFORM forget_words(workspace, gone);
                END IF;
            END IF;
            RETURN NULL;
        END IF;
    END IF;
    {either(SEARCH["FLAG"])}
    {SEARCH["whether"](REWRITTEN)}
    IF so THEN
        {either(SEARCH["LEAVE"])}
        {either(SEARCH["COME"])}
        {either(SEARCH["UNUSED"])}
    END IF;
    RETURN NULL;
END
$body$
"""


def upgrade() -> None:
    """The triggers' functions, anew."""
    for function in (LOG, SEARCH_CREATES, SEARCH_UPDATES, SEARCH_DELETES):
        op.execute(function)
    op.execute("SELECT log_changes('tasks', 'task', '{}')")


def downgrade() -> None:
    """Take it back."""
    for function in (CHANGES["LOG"], SEARCH["CREATED"], SEARCH["UPDATED"], SEARCH["DELETED"]):
        op.execute(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    op.execute("SELECT log_changes('tasks', 'task', '{}')")
