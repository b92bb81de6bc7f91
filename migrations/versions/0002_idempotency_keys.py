"""Idempotency keys

Revision: 0002, after 0001

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Called in the statement that writes: what it raises takes the write back. It looks for itself, with a snapshot of its
# own, so it sees a key that was stored after the statement began. Each claim also forgets a few keys that are long past
# their day, so that nothing has to run on a schedule.
CLAIM = """
CREATE FUNCTION claim_idempotency_key(workspace uuid, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(workspace::text || ' ' || wanted, 0)) THEN
        RAISE EXCEPTION 'another request with this idempotency key is in flight' USING ERRCODE = 'DB001';
    END IF;
    IF EXISTS (SELECT FROM idempotency_keys WHERE workspace_id = workspace AND key = wanted) THEN
        RAISE EXCEPTION 'this idempotency key was used' USING ERRCODE = 'DB002';
    END IF;
    DELETE FROM idempotency_keys WHERE (workspace_id, key) IN (
        SELECT workspace_id, key FROM idempotency_keys WHERE created_at < now() - interval '25 hours'
        ORDER BY created_at LIMIT 4 FOR UPDATE SKIP LOCKED
    );
END
$$
"""


def upgrade() -> None:
    """Keys, what they were sent with, and what came of it."""
    op.create_table(
        "idempotency_keys",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.dialects.postgresql.JSONB()),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_idempotency_keys_workspace_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.execute(CLAIM)


def downgrade() -> None:
    """Take it back; keys are forgotten."""
    op.execute("DROP FUNCTION claim_idempotency_key(uuid, text)")
    op.drop_table("idempotency_keys")
