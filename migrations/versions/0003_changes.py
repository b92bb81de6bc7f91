"""The change log

Revision: 0003, after 0002

Triggers write it, so that nothing can be written around it: whoever changes a row of a logged table, by whatever means,
writes the log in the same statement. A migration that has landed is never edited.

A table is logged from the migration on that calls `log_changes('tasks', 'task', '{…}')`: the table, what the log calls
its rows, and the columns that the log leaves out. The table has the columns of every entity: workspace_id, id, version,
created_at and updated_at.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Who asks and how: "actor request undone-from undone-to quiet", with "-" for what there is none of. Donebook sets it
# for the statement or the transaction at hand; a writer who knows nothing of it is "database".
CALLER = """
CREATE FUNCTION caller(part int) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(nullif(split_part(current_setting('donebook.caller', true), ' ', part), ''), '-')
$$
"""

# As in 0001, and: a quiet caller leaves a row as it was when nothing moved in it.
TOUCH = """
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_at := OLD.created_at;
    {quiet}
    NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$
"""
QUIET = "IF caller(5) = 'quiet' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;"

# What writes the log of a table; `log_changes` fills in its columns. The counter's row stays locked until the commit:
# numbers have no gaps, and stand in the order of the commits.
WRITE = """
CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT%s AS $body$
BEGIN
    WITH moved AS MATERIALIZED (%s),
        counted AS (
            INSERT INTO logs (workspace_id, head)
            SELECT workspace_id, count(*) FROM moved GROUP BY 1 ORDER BY 1
            ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
            RETURNING workspace_id, head
        )
    INSERT INTO changes (
        workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
    )
    SELECT workspace_id,
        head - count(*) OVER (PARTITION BY workspace_id)
            + row_number() OVER (PARTITION BY workspace_id ORDER BY id, op),
        %L, id, op, diff, version,
        coalesce(caller(1), 'database'), caller(2), caller(3)::bigint, caller(4)::bigint, at
    FROM moved JOIN counted USING (workspace_id);
    RETURN NULL;
END
$body$
"""
# A session keeps the plan that it made for the first rows: made for one, it must do for a hundred thousand.
JOINED = " SET enable_nestloop = off"
# A member that was not there and is null now has changed: what creates a row names every member.
CREATES = """
    SELECT workspace_id, id, 'create' AS op, jsonb_build_object(%1$s) AS diff, version, updated_at AS at
    FROM new_rows AS n
"""
# When a workspace itself is deleted, its rows go with it and there is no log left to write.
DELETES = """
    SELECT workspace_id, id, 'delete' AS op, jsonb_build_object(%2$s) AS diff, version + 1 AS version,
        clock_timestamp() AS at
    FROM old_rows AS o
    WHERE EXISTS (SELECT FROM workspaces WHERE workspaces.id = workspace_id)
"""
# A row that moved to another id or workspace was deleted in the one place and created in the other.
UPDATES = """
    SELECT n.workspace_id, n.id, 'update' AS op, %3$s AS diff, n.version, n.updated_at AS at
    FROM old_rows AS o JOIN new_rows AS n USING (workspace_id, id)
    WHERE n.version <> o.version
    UNION ALL
    SELECT workspace_id, id, 'create', jsonb_build_object(%1$s), version, updated_at
    FROM new_rows AS n
    WHERE NOT EXISTS (SELECT FROM old_rows AS o WHERE o.workspace_id = n.workspace_id AND o.id = n.id)
    UNION ALL
    SELECT workspace_id, id, 'delete', jsonb_build_object(%2$s), version + 1, clock_timestamp()
    FROM old_rows AS o
    WHERE NOT EXISTS (SELECT FROM new_rows AS n WHERE o.workspace_id = n.workspace_id AND o.id = n.id)
"""
# TRUNCATE shows its triggers no rows: they are deleted, and so logged, before it comes to them.
TRUNCATES = """
CREATE FUNCTION log_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NULL;
END
$$
"""

# To be called again whenever the table's columns change. Rows that are there already are logged once, as created. Times
# are logged as the contract shows them, whatever the session's time zone is.
LOG = f"""
CREATE FUNCTION log_changes(logged regclass, entity text, hidden text[]) RETURNS void LANGUAGE plpgsql
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

    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_creates', '{JOINED}',
        format($moved${CREATES}$moved$, created), entity);
    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_deletes', '',
        format($moved${DELETES}$moved$, created, deleted), entity);
    EXECUTE format($write${WRITE}$write$, 'log_' || name || '_updates', '{JOINED}',
        format($moved${UPDATES}$moved$, created, deleted, updated), entity);
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
"""  # noqa: S608 - nothing comes from outside
# A workspace has a log from the start, so that there is a place before its first change.
OPEN = """
CREATE FUNCTION open_log() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO logs (workspace_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$
"""
# The log stands. What may go is what retention has given up (`logs.forgotten` says up to where), and the content of
# what was deleted for good.
KEEP = """
CREATE FUNCTION keep_changes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.erased AND NEW.diff = '{}'
        AND to_jsonb(NEW) - '{erased,diff}'::text[] = to_jsonb(OLD) - '{erased,diff}'::text[]
        AND 'delete' = (
            SELECT op FROM changes WHERE workspace_id = OLD.workspace_id AND entity_id = OLD.entity_id
            ORDER BY seq DESC LIMIT 1
        )
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.seq <= (SELECT forgotten FROM logs WHERE workspace_id = OLD.workspace_id)
            OR NOT EXISTS (SELECT FROM workspaces WHERE id = OLD.workspace_id)
        THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the change log is kept as it was written' USING ERRCODE = 'restrict_violation';
END
$$
"""
COUNT_ON = """
CREATE FUNCTION keep_logs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.workspace_id = OLD.workspace_id
        AND NEW.head >= OLD.head AND NEW.forgotten >= OLD.forgotten AND NEW.forgotten <= NEW.head
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM workspaces WHERE id = OLD.workspace_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the change log only counts on' USING ERRCODE = 'restrict_violation';
END
$$
"""
# What was deleted for good leaves its numbers behind and nothing else: not in the log, not in answers that are kept
# for repeated requests. An answer is about one row, as a rule.
ERASE = """
CREATE FUNCTION erase_changes(workspace uuid, ids uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE changes SET diff = '{}', erased = true
    WHERE workspace_id = workspace AND entity_id = ANY (ids) AND NOT erased;
    UPDATE idempotency_keys SET answer = '{"erased": true}'
    WHERE workspace_id = workspace AND about = ANY (ids);
    UPDATE idempotency_keys SET answer = '{"erased": true}'
    WHERE workspace_id = workspace AND answer -> 1 IS NOT NULL
        AND answer @> ANY (SELECT jsonb_build_array(jsonb_build_object('id', id)) FROM unnest(ids) AS id);
END
$$
"""
# The log up to a time is given up: the oldest changes, in a row, so that what is kept has no gaps. Some thousands at
# once, since nobody can write meanwhile.
FORGET = """
CREATE FUNCTION forget_changes(workspace uuid, before timestamptz) RETURNS bigint LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    upto bigint;
    gone bigint;
BEGIN
    PERFORM FROM logs WHERE workspace_id = workspace FOR NO KEY UPDATE;
    SELECT coalesce(
            (SELECT min(seq) - 1 FROM changes WHERE workspace_id = workspace AND at >= before),
            (SELECT head FROM logs WHERE workspace_id = workspace)
        ) INTO upto;
    upto := least(upto, (SELECT forgotten FROM logs WHERE workspace_id = workspace) + 5000);
    UPDATE logs SET forgotten = upto WHERE workspace_id = workspace AND forgotten < upto;
    DELETE FROM changes WHERE workspace_id = workspace AND seq <= upto;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$
"""


def upgrade() -> None:
    """The log, and the workspaces' places in it; nothing is logged yet."""
    op.create_table(
        "logs",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("head", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("forgotten", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("followed_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_logs"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_logs_workspace_id", ondelete="CASCADE"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "changes",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("diff", JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("undoes_from", sa.BigInteger()),
        sa.Column("undoes_to", sa.BigInteger()),
        sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "seq", name="pk_changes"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_changes_workspace_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("op IN ('create', 'update', 'delete')", name=op.f("ck_changes_op")),
    )
    op.create_index("ix_changes_workspace_id_entity_id_seq", "changes", ["workspace_id", "entity_id", "seq"])
    op.execute(CALLER)
    op.execute(TOUCH.format(quiet=QUIET))
    for function in (TRUNCATES, LOG, OPEN, KEEP, COUNT_ON, ERASE, FORGET):
        op.execute(function)
    op.execute("INSERT INTO logs (workspace_id) SELECT id FROM workspaces")
    op.execute("CREATE TRIGGER open_log AFTER INSERT ON workspaces FOR EACH ROW EXECUTE FUNCTION open_log()")
    for table in ("changes", "logs"):
        op.execute(
            f"CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{table}()"
        )
        op.execute(f"CREATE TRIGGER keep_all BEFORE TRUNCATE ON {table} EXECUTE FUNCTION keep_{table}()")
    op.add_column("idempotency_keys", sa.Column("about", sa.Uuid()))
    op.create_index("ix_idempotency_keys_workspace_id_about", "idempotency_keys", ["workspace_id", "about"])
    op.create_index(
        "ix_idempotency_keys_answer",
        "idempotency_keys",
        ["answer"],
        postgresql_using="gin",
        postgresql_ops={"answer": "jsonb_path_ops"},
        postgresql_where=sa.text("answer -> 1 IS NOT NULL"),
    )


def downgrade() -> None:
    """Take it back, with the log."""
    op.execute("DROP FUNCTION log_changes(regclass, text, text[])")
    op.execute("DROP FUNCTION log_truncate()")
    op.execute("DROP TRIGGER open_log ON workspaces")
    op.execute("DROP FUNCTION open_log()")
    op.drop_index("ix_idempotency_keys_answer", "idempotency_keys")
    op.drop_column("idempotency_keys", "about")
    op.execute("DROP FUNCTION forget_changes(uuid, timestamptz)")
    op.execute("DROP FUNCTION erase_changes(uuid, uuid[])")
    op.drop_table("changes")
    op.drop_table("logs")
    op.execute("DROP FUNCTION keep_changes()")
    op.execute("DROP FUNCTION keep_logs()")
    op.execute(TOUCH.format(quiet=""))
    op.execute("DROP FUNCTION caller(int)")
