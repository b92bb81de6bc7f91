"""Workspaces, tasks, idempotency keys, the change log and search

Revision: 0009, the first

It makes what nine revisions, 0001 to 0009, made one after the other before the first release. Functions and triggers
are in `donebook.db.sql`.

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

from alembic import op

from donebook.db import sql

revision = "0009"
down_revision = None
branch_labels = None
depends_on = None

NEEDS_UTF8 = """
DO $$ BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'Donebook needs a database with encoding UTF8; this one has %',
            current_setting('server_encoding');
    END IF;
END $$
"""

TABLES = """
CREATE TABLE workspaces (
    id uuid DEFAULT uuid7() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT pk_workspaces PRIMARY KEY (id)
);

CREATE TABLE tasks (
    id uuid DEFAULT uuid7() NOT NULL,
    workspace_id uuid NOT NULL,
    ordinal bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    title text NOT NULL,
    description text,
    completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    position text COLLATE "C" DEFAULT last_position() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT pk_tasks PRIMARY KEY (workspace_id, id),
    CONSTRAINT fk_tasks_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT ck_tasks_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
    CONSTRAINT ck_tasks_description_length CHECK (char_length(description) <= 50000),
    CONSTRAINT ck_tasks_times CHECK (updated_at >= created_at),
    CONSTRAINT ck_tasks_position CHECK (position ~ '^[0-9a-f]{12}([0-9a-g]*g[0-9a-f]+)?$')
);

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    answer jsonb,
    created_at timestamptz DEFAULT now() NOT NULL,
    about uuid,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, key),
    CONSTRAINT fk_idempotency_keys_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE logs (
    workspace_id uuid NOT NULL,
    epoch uuid DEFAULT gen_random_uuid() NOT NULL,
    head bigint DEFAULT 0 NOT NULL,
    forgotten bigint DEFAULT 0 NOT NULL,
    followed_until timestamptz,
    erasures bigint DEFAULT 0 NOT NULL,
    CONSTRAINT pk_logs PRIMARY KEY (workspace_id),
    CONSTRAINT fk_logs_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) WITH (fillfactor = 50);

CREATE TABLE changes (
    workspace_id uuid NOT NULL,
    seq bigint NOT NULL,
    entity text NOT NULL,
    entity_id uuid NOT NULL,
    op text NOT NULL,
    diff jsonb NOT NULL,
    version bigint NOT NULL,
    actor text NOT NULL,
    request_id text,
    undoes_from bigint,
    undoes_to bigint,
    erased boolean DEFAULT false NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT pk_changes PRIMARY KEY (workspace_id, seq),
    CONSTRAINT fk_changes_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT ck_changes_op CHECK (op IN ('create', 'update', 'delete'))
);

CREATE TABLE task_search (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    completed boolean NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT pk_task_search PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 90);

CREATE TABLE search_words (
    workspace_id uuid NOT NULL,
    word text COLLATE "C" NOT NULL,
    common boolean DEFAULT false NOT NULL,
    CONSTRAINT pk_search_words PRIMARY KEY (workspace_id, word)
);

ALTER SEQUENCE task_positions OWNED BY tasks.position
"""

INDEXES = """
CREATE UNIQUE INDEX ix_tasks_workspace_id_ordinal ON tasks (workspace_id, ordinal);

CREATE UNIQUE INDEX ix_tasks_workspace_id_position ON tasks (workspace_id, position);

CREATE INDEX ix_tasks_trash ON tasks (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE INDEX ix_idempotency_keys_workspace_id_about ON idempotency_keys (workspace_id, about);

CREATE INDEX ix_idempotency_keys_answer ON idempotency_keys USING gin (answer jsonb_path_ops)
WHERE answer -> 1 IS NOT NULL;

CREATE INDEX ix_changes_workspace_id_entity_id_seq ON changes (workspace_id, entity_id, seq);

CREATE INDEX ix_task_search_words ON task_search USING gin (words) WITH (fastupdate = off);

CREATE INDEX ix_search_words_backwards ON search_words (workspace_id, reverse(word))
"""
ORDERS = {"position": "position", "created": "created_at", "updated": "updated_at", "title": "title_order(title)"}
STATES = {"open": "completed_at IS NULL", "done": "completed_at IS NOT NULL"}

DEFAULT_WORKSPACE = "INSERT INTO workspaces (id) VALUES ('00000000-0000-7000-8000-000000000000')"


def upgrade() -> None:
    """Make everything, with the workspace that a server without accounts uses."""
    op.execute(NEEDS_UTF8)
    op.execute("CREATE SEQUENCE task_positions")
    for name in ("uuid7", "caller", "last_position", "fold"):  # defaults and indexes use them
        sql.install(name, 1)
    for statement in [*TABLES.split(";\n"), *INDEXES.split(";\n")]:
        op.execute(statement)
    for order, key in ORDERS.items():
        for state, condition in STATES.items():
            op.execute(
                f"CREATE INDEX ix_tasks_{state}_{order} ON tasks (workspace_id, {key}, id)"
                f" WHERE deleted_at IS NULL AND {condition}"
            )
    for name in ("touch", "log", "log_changes", "idempotency_keys", "erase", "positions", "lock_tasks"):
        sql.install(name, 1)
    for name in ("search_lexemes", "search_index", "find_tasks"):
        sql.install(name, 1)
    op.execute("SELECT log_changes('tasks', 'task', '{}')")
    op.execute(DEFAULT_WORKSPACE)


def downgrade() -> None:
    """Drop everything, with all that is stored."""
    op.execute("DROP FUNCTION erase_task, erase_tasks, lock_tasks, place_task, place_tasks, move_task, spread_tasks")
    op.execute("DROP TABLE search_words, task_search, changes, logs, idempotency_keys, tasks, workspaces")
    op.execute(
        "DROP FUNCTION find_tasks, search_forgives, search_knows, search_creates, search_updates, search_deletes,"
        " forget_words, spelled, search_vector, search_lexemes, title_order, fold, digits_between, last_position,"
        " log_changes, log_truncate, log_tasks_creates, log_tasks_updates, log_tasks_deletes, log_by_hand, open_log,"
        " keep_changes, keep_logs, count_on, erase_changes, forget_changes, claim_idempotency_key,"
        " forget_idempotency_keys, still_shown, refuse_idempotency_key, answer_idempotency_key, touch, caller, uuid7"
    )
