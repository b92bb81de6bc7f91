"""Tasks have a position, a trash and a log

Revision: 0004, after 0003

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A position is a text that sorts by its bytes: twelve hexadecimal digits, then digits that lie between two neighbours,
# then "g" and the task's own number, so that no two tasks ever get the same one, whoever moves them at the same time.
FORM = "^[0-9a-f]{12}([0-9a-g]*g[0-9a-f]+)?$"
LAST = """
CREATE FUNCTION last_position() RETURNS text LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT lpad(to_hex((1::bigint << 47) + nextval('task_positions')), 12, '0')
$$
"""
# The fewest digits that lie between two positions, in the middle of what is free there; whatever is written behind them
# lies between as well. Null when there is nothing between. In front of all others there is always another number.
BETWEEN = """
CREATE FUNCTION digits_between(below text, above text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    alphabet constant text := '0123456789abcdefg';
    number_below constant bigint := ('x' || left(below, 12))::bit(48)::bigint;
    number_above constant bigint := ('x' || left(above, 12))::bit(48)::bigint;
    digits text := left(below, 12);
    place int := 12;
    free boolean := number_above > number_below;
    low int;
    high int;
BEGIN
    IF below IS NULL THEN
        RETURN lpad(to_hex(number_above - 1), 12, '0');
    ELSIF number_above - number_below > 1 THEN
        RETURN lpad(to_hex((number_below + number_above) / 2), 12, '0');
    END IF;
    LOOP
        place := place + 1;
        IF NOT free AND place > length(above) THEN
            RETURN NULL;
        END IF;
        low := CASE WHEN place > length(below) THEN 0 ELSE strpos(alphabet, substr(below, place, 1)) - 1 END;
        high := CASE WHEN free THEN 17 ELSE strpos(alphabet, substr(above, place, 1)) - 1 END;
        IF high - low > 1 THEN
            RETURN digits || substr(alphabet, (low + high) / 2 + 1, 1);
        END IF;
        free := free OR high > low;
        digits := digits || substr(alphabet, low + 1, 1);
    END LOOP;
END
$$
"""
# Moves a task that is locked right before or behind another that is locked. What comes last needs no digits between:
# there is always a next number.
MOVE = """
CREATE FUNCTION move_task(workspace uuid, task uuid, anchor uuid, before boolean) RETURNS SETOF tasks
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    moved tasks;
    there text COLLATE "C";
    below text COLLATE "C";
    above text COLLATE "C";
    digits text;
BEGIN
    SELECT * INTO moved FROM tasks WHERE workspace_id = workspace AND id = task;
    SELECT position INTO there FROM tasks WHERE workspace_id = workspace AND id = anchor;
    IF before THEN
        above := there;
        SELECT position INTO below FROM tasks WHERE workspace_id = workspace AND position < there AND id <> task
        ORDER BY position DESC LIMIT 1;
    ELSE
        below := there;
        SELECT position INTO above FROM tasks WHERE workspace_id = workspace AND position > there AND id <> task
        ORDER BY position LIMIT 1;
    END IF;
    IF task = anchor OR ((below IS NULL OR moved.position > below) AND (above IS NULL OR moved.position < above)) THEN
        RETURN NEXT moved;
        RETURN;
    END IF;
    IF above IS NOT NULL THEN
        digits := digits_between(below, above);
        IF digits IS NULL OR length(digits) > 160 THEN
            RAISE EXCEPTION 'no room between two positions' USING ERRCODE = 'DB003';
        END IF;
    END IF;
    RETURN QUERY UPDATE tasks SET position = coalesce(digits || 'g' || to_hex(moved.ordinal), last_position())
        WHERE workspace_id = workspace AND id = task RETURNING *;
END
$$
"""
# Who moves shares a lock that whoever makes room has alone, and takes it before the rows, which are locked in the order
# of their ids.
PLACE = """
CREATE FUNCTION place_task(workspace uuid, task uuid, anchor uuid, before boolean, versions bigint[])
RETURNS SETOF tasks LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('positions ' || workspace, 0));
    PERFORM FROM tasks WHERE workspace_id = workspace AND id IN (task, anchor) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = task AND deleted_at IS NULL
            AND (versions IS NULL OR version = ANY (versions)))
        AND EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = anchor AND deleted_at IS NULL)
    THEN
        RETURN QUERY SELECT * FROM move_task(workspace, task, anchor, before);
    END IF;
END
$$
"""
# What a transaction about several tasks begins with: it waits here for all it will touch, always in the same order, and
# gets the tasks as they are then. Whoever gives several tasks ids of their own takes turns with others who do.
LOCK = """
CREATE FUNCTION lock_tasks(workspace uuid, ids uuid[], naming boolean, moving boolean)
RETURNS SETOF tasks LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF naming THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('named ' || workspace, 0));
    END IF;
    IF moving THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('positions ' || workspace, 0));
    END IF;
    PERFORM FROM tasks WHERE workspace_id = workspace AND id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    RETURN QUERY SELECT * FROM tasks WHERE workspace_id = workspace AND id = ANY (ids);
END
$$
"""
# One move after the other, of tasks that are locked.
PLACE_MANY = """
CREATE FUNCTION place_tasks(workspace uuid, moved uuid[], anchors uuid[], befores boolean[])
RETURNS SETOF tasks LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    FOR turn IN 1 .. cardinality(moved) LOOP
        RETURN QUERY SELECT * FROM move_task(workspace, moved[turn], anchors[turn], befores[turn]);
    END LOOP;
END
$$
"""
# Tasks around one are moved apart: as many to both sides as it takes to come to positions that are short.
SPREAD = """
CREATE FUNCTION spread_tasks(workspace uuid, task uuid) RETURNS bigint LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    reach int := 64;
    around text COLLATE "C";
    first text COLLATE "C";
    last text COLLATE "C";
    below text COLLATE "C";
    above text COLLATE "C";
    digits text;
    moved bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('positions ' || workspace, 0));
    SELECT position INTO around FROM tasks WHERE workspace_id = workspace AND id = task;
    IF around IS NULL THEN
        RETURN 0;
    END IF;
    LOOP
        first := (SELECT min(position) FROM (SELECT position FROM tasks WHERE workspace_id = workspace
            AND position <= around ORDER BY position DESC LIMIT reach) AS near);
        last := (SELECT max(position) FROM (SELECT position FROM tasks WHERE workspace_id = workspace
            AND position >= around ORDER BY position LIMIT reach) AS near);
        below := (SELECT position FROM tasks WHERE workspace_id = workspace AND position < first
            ORDER BY position DESC LIMIT 1);
        above := coalesce(
            (SELECT position FROM tasks WHERE workspace_id = workspace AND position > last ORDER BY position LIMIT 1),
            lpad(to_hex(('x' || left(last, 12))::bit(48)::bigint + 1), 12, '0'));
        digits := digits_between(below, above);
        EXIT WHEN length(digits) <= 48 OR below IS NULL;
        reach := reach * 4;
    END LOOP;
    PERFORM FROM tasks WHERE workspace_id = workspace AND position BETWEEN first AND last
    ORDER BY id FOR NO KEY UPDATE;
    UPDATE tasks SET position = digits || lpad(to_hex(rank * 256), 8, '0') || 'g' || to_hex(ordinal)
    FROM (SELECT id, row_number() OVER (ORDER BY position) AS rank FROM tasks
        WHERE workspace_id = workspace AND position BETWEEN first AND last) AS ranked
    WHERE workspace_id = workspace AND tasks.id = ranked.id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$
"""
# For good: the rows, what the log says of them, and what stored answers say of them. Only what is in the trash.
ERASE = """
CREATE FUNCTION erase_tasks(workspace uuid, ids uuid[], versions bigint[], trashed_before timestamptz)
RETURNS SETOF uuid LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    gone uuid[];
BEGIN
    PERFORM FROM tasks WHERE workspace_id = workspace AND id = ANY (ids) ORDER BY id FOR UPDATE;
    WITH deleted AS (
        DELETE FROM tasks WHERE workspace_id = workspace AND id = ANY (ids) AND deleted_at IS NOT NULL
            AND (versions IS NULL OR version = ANY (versions))
            AND (trashed_before IS NULL OR deleted_at < trashed_before)
        RETURNING id
    )
    SELECT array_agg(id) INTO gone FROM deleted;
    IF gone IS NOT NULL THEN
        PERFORM erase_changes(workspace, gone);
    END IF;
    RETURN QUERY SELECT unnest(gone);
END
$$
"""


def upgrade() -> None:
    """Columns, what moves and erases tasks, and from here on the log."""
    op.execute("CREATE SEQUENCE task_positions")
    op.execute(LAST)
    op.add_column("tasks", sa.Column("position", sa.Text(collation="C")))
    op.add_column("tasks", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.execute("ALTER TABLE tasks DISABLE TRIGGER touch")  # to have a position is no change
    op.execute("UPDATE tasks SET position = lpad(to_hex((1::bigint << 47) + ordinal), 12, '0')")
    op.execute("ALTER TABLE tasks ENABLE TRIGGER touch")
    op.execute("SELECT setval('task_positions', (SELECT coalesce(max(ordinal), 0) + 1 FROM tasks), false)")
    op.execute("ALTER SEQUENCE task_positions OWNED BY tasks.position")
    op.alter_column("tasks", "position", nullable=False, server_default=sa.text("last_position()"))
    op.create_check_constraint(op.f("ck_tasks_position"), "tasks", f"position ~ '{FORM}'")
    op.create_index("ix_tasks_workspace_id_position", "tasks", ["workspace_id", "position"], unique=True)
    op.create_index(
        "ix_tasks_trash",
        "tasks",
        ["workspace_id", "deleted_at", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_constraint("pk_tasks", "tasks")
    op.create_primary_key("pk_tasks", "tasks", ["workspace_id", "id"])  # what another workspace has, nobody else sees
    for function in (BETWEEN, MOVE, PLACE, LOCK, PLACE_MANY, SPREAD, ERASE):
        op.execute(function)
    op.execute("SELECT log_changes('tasks', 'task', '{}')")


def downgrade() -> None:
    """Take it back: the trash is emptied, and positions are forgotten."""
    for trigger in ("log_creates", "log_updates", "log_deletes", "log_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON tasks")
    for trigger in ("creates", "updates", "deletes"):
        op.execute(f"DROP FUNCTION log_tasks_{trigger}()")
    op.execute("DROP FUNCTION erase_tasks(uuid, uuid[], bigint[], timestamptz)")
    op.execute("DROP FUNCTION spread_tasks(uuid, uuid)")
    op.execute("DROP FUNCTION place_tasks(uuid, uuid[], uuid[], boolean[])")
    op.execute("DROP FUNCTION lock_tasks(uuid, uuid[], boolean, boolean)")
    op.execute("DROP FUNCTION place_task(uuid, uuid, uuid, boolean, bigint[])")
    op.execute("DROP FUNCTION move_task(uuid, uuid, uuid, boolean)")
    op.execute("DROP FUNCTION digits_between(text, text)")
    op.execute("DELETE FROM tasks WHERE deleted_at IS NOT NULL")
    op.drop_constraint("pk_tasks", "tasks")
    op.create_primary_key("pk_tasks", "tasks", ["id"])
    op.drop_column("tasks", "deleted_at")
    op.drop_column("tasks", "position")
    op.execute("DROP FUNCTION last_position()")
