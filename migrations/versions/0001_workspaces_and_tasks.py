"""Workspaces and tasks

Revision: 0001, the first

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
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

# RFC 9562, section 5.7: 48 bits of milliseconds, the version, 12 bits of the fraction of the millisecond (section 6.2,
# method 3), the variant and 62 random bits, these two taken from a version 4 UUID. PostgreSQL's own begins with 18.
UUID7 = """
CREATE FUNCTION uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        int8send(((us / 1000) << 16) | (7 << 12) | ((us % 1000) * 4096 / 1000))
            || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex')::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS now
$$
"""

# A waiting update may carry an older now() than the one it waited for, so the time is taken here, with the row in hand.
TOUCH = """
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_at := OLD.created_at;
    NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Workspaces, with the one that a server without accounts uses, and tasks."""
    op.execute(NEEDS_UTF8)
    op.execute(UUID7)
    op.execute(TOUCH)
    op.create_table("workspaces", *identity("workspaces"), *times())
    op.create_table(
        "tasks",
        *identity("tasks"),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        *times(),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_tasks_workspace_id", ondelete="CASCADE"),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name=op.f("ck_tasks_title_length")),
        sa.CheckConstraint("char_length(description) <= 50000", name=op.f("ck_tasks_description_length")),
        sa.CheckConstraint("updated_at >= created_at", name=op.f("ck_tasks_times")),
    )
    op.create_index("ix_tasks_workspace_id_ordinal", "tasks", ["workspace_id", "ordinal"], unique=True)
    for table in ("workspaces", "tasks"):
        op.execute(f"CREATE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute("INSERT INTO workspaces (id) VALUES ('00000000-0000-7000-8000-000000000000')")


def downgrade() -> None:
    """Take it back, with all that is stored."""
    op.drop_table("tasks")
    op.drop_table("workspaces")
    op.execute("DROP FUNCTION touch()")
    op.execute("DROP FUNCTION uuid7()")


def identity(table: str) -> list[sa.schema.SchemaItem]:
    """The key of an entity."""
    return [
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def times() -> list[sa.Column[object]]:
    """What `touch` keeps."""
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
    ]
