"""What is deleted for good goes everywhere, and nobody writes the log by hand

Revision: 0006, after 0005

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Only triggers write the log, and `log_changes`, which a migration calls. Depth 0 is a statement of somebody's own; the
# condition is looked at without calling anything.
BY_HAND = """
CREATE FUNCTION log_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stack text;
BEGIN
    GET DIAGNOSTICS stack = PG_CONTEXT;
    IF stack ~ 'log_changes\\(regclass,text,text\\[\\]\\)' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the change log is written by triggers only' USING ERRCODE = 'restrict_violation';
END
$$
"""
GUARD = """
CREATE TRIGGER keep_by_hand BEFORE INSERT ON changes
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION log_by_hand()
"""
# Every write calls this one: it names no table, so that it need not set a `search_path`, which takes time. Its own
# depth is 1.
COUNT_ON = """
CREATE FUNCTION count_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stack text;
BEGIN
    IF NEW.head > OLD.head AND pg_trigger_depth() = 1 THEN
        GET DIAGNOSTICS stack = PG_CONTEXT;
        IF stack !~ 'log_changes\\(regclass,text,text\\[\\]\\)' THEN
            RAISE EXCEPTION 'the change log is written by triggers only' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF NEW.workspace_id = OLD.workspace_id AND NEW.head >= OLD.head AND NEW.forgotten >= OLD.forgotten
        AND NEW.forgotten <= NEW.head AND NEW.erasures >= OLD.erasures
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the change log only counts on' USING ERRCODE = 'restrict_violation';
END
$$
"""

# As in 0002, but old keys are forgotten when the key is stored: the statement waits for nothing any more then. Before
# it wrote it could wait for a task that was being deleted for good, which waited for the keys.
CLAIM = """
CREATE OR REPLACE FUNCTION claim_idempotency_key(workspace uuid, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(workspace::text || ' ' || wanted, 0)) THEN
        RAISE EXCEPTION 'another request with this idempotency key is in flight' USING ERRCODE = 'DB001';
    END IF;
    IF EXISTS (SELECT FROM idempotency_keys WHERE workspace_id = workspace AND key = wanted) THEN
        RAISE EXCEPTION 'this idempotency key was used' USING ERRCODE = 'DB002';
    END IF;
END
$$
"""
FORGET_KEYS = """
CREATE FUNCTION forget_idempotency_keys() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM idempotency_keys WHERE (workspace_id, key) IN (
        SELECT workspace_id, key FROM idempotency_keys WHERE created_at < now() - interval '25 hours'
        ORDER BY created_at LIMIT 4 FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END
$$
"""
# Answers that show a task are stored after it was looked at. Whoever stores one shares a lock that whoever deletes for
# good has alone, so that either sees the other: what is gone by then is not stored.
SHOWN = """
CREATE FUNCTION still_shown(workspace uuid, shown uuid, answer jsonb) RETURNS jsonb LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('erase ' || workspace, 0));
    IF shown IS NOT NULL AND (
        EXISTS (SELECT FROM changes WHERE workspace_id = workspace AND entity_id = shown AND erased)
        OR NOT EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = shown)
            AND NOT EXISTS (SELECT FROM changes WHERE workspace_id = workspace AND entity_id = shown)
    ) THEN
        RETURN '{"erased": true}';
    END IF;
    RETURN answer;
END
$$
"""
REFUSE = """
CREATE FUNCTION refuse_idempotency_key(workspace uuid, wanted text, request bytea, shown uuid, refusal jsonb)
RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    told constant jsonb := still_shown(workspace, shown, refusal);
BEGIN
    PERFORM claim_idempotency_key(workspace, wanted);
    INSERT INTO idempotency_keys (workspace_id, key, fingerprint, about, answer)
    VALUES (workspace, wanted, request, shown, told);
END
$$
"""
# A write that found no row has stored its key already, and says only then what came of it. The first to say so counts.
ANSWER = """
CREATE FUNCTION answer_idempotency_key(workspace uuid, wanted text, request bytea, shown uuid, outcome jsonb)
RETURNS jsonb LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    told constant jsonb := still_shown(workspace, shown, outcome);
BEGIN
    UPDATE idempotency_keys SET about = shown, answer = told
    WHERE workspace_id = workspace AND key = wanted AND fingerprint = request AND answer IS NULL;
    RETURN (SELECT answer FROM idempotency_keys
        WHERE workspace_id = workspace AND key = wanted AND fingerprint = request);
END
$$
"""
# As in 0003; those who follow the log in memory notice by the count.
ERASE = """
CREATE OR REPLACE FUNCTION erase_changes(workspace uuid, ids uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE logs SET erasures = erasures + 1 WHERE workspace_id = workspace;
    PERFORM pg_advisory_xact_lock(hashtextextended('erase ' || workspace, 0));
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
# A task in the trash; or one that has no row any more, be it that its creation was undone or that it was deleted past
# Donebook, and still has a life in the log. Nobody brings it back meanwhile: who gives ids takes turns by that lock.
ERASE_ONE = """
CREATE FUNCTION erase_task(workspace uuid, task uuid, versions bigint[]) RETURNS SETOF uuid LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT * FROM erase_tasks(workspace, ARRAY[task], versions, NULL);
    IF FOUND OR EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = task) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('named ' || workspace, 0));
    IF NOT EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = task)
        AND EXISTS (
            SELECT FROM (
                SELECT version, erased FROM changes
                WHERE workspace_id = workspace AND entity_id = task AND entity = 'task' ORDER BY seq DESC LIMIT 1
            ) AS last
            WHERE NOT erased AND (versions IS NULL OR version = ANY (versions))
        )
    THEN
        PERFORM erase_changes(workspace, ARRAY[task]);
        RETURN NEXT task;
    END IF;
END
$$
"""
# As in 0003, but only the portion is looked at: there all that was old was read, with the log locked, before some
# thousands of it were taken.
FORGET = """
CREATE OR REPLACE FUNCTION forget_changes(workspace uuid, before timestamptz) RETURNS bigint LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
    behind bigint;
    upto bigint;
    gone bigint;
BEGIN
    SELECT forgotten, least(head, forgotten + 5000) INTO behind, upto FROM logs
    WHERE workspace_id = workspace FOR NO KEY UPDATE;
    SELECT coalesce(min(seq) - 1, upto) INTO upto FROM changes
    WHERE workspace_id = workspace AND seq > behind AND seq <= upto AND at >= before;
    UPDATE logs SET forgotten = upto WHERE workspace_id = workspace AND forgotten < upto;
    DELETE FROM changes WHERE workspace_id = workspace AND seq > behind AND seq <= upto;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$
"""
NO_ROOM = "USING ERRCODE = 'DB003'"
WHERE = f"{NO_ROOM}, DETAIL = anchor"
NEW = ("log_by_hand()", "count_on()", "still_shown(uuid, uuid, jsonb)", "erase_task(uuid, uuid, bigint[])")
NEW_OF_KEYS = ("refuse_idempotency_key", "answer_idempotency_key")


def upgrade() -> None:
    """Guards; a lock between what is stored and what is erased; where there is no room; forgetting in portions."""
    op.add_column("logs", sa.Column("erasures", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    for function in (BY_HAND, COUNT_ON, CLAIM, FORGET_KEYS, SHOWN, REFUSE, ANSWER, ERASE, ERASE_ONE, FORGET):
        op.execute(function)
    op.execute(GUARD)
    op.execute("DROP TRIGGER keep ON logs")
    op.execute("CREATE TRIGGER keep BEFORE DELETE ON logs FOR EACH ROW EXECUTE FUNCTION keep_logs()")
    op.execute("CREATE TRIGGER count_on BEFORE UPDATE ON logs FOR EACH ROW EXECUTE FUNCTION count_on()")
    op.execute(
        "CREATE TRIGGER forget AFTER INSERT ON idempotency_keys"
        " FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotency_keys()"
    )
    op.execute(older("0004_rich_tasks", "MOVE").replace(NO_ROOM, WHERE))


def downgrade() -> None:
    """Take it back."""
    op.execute("DROP TRIGGER forget ON idempotency_keys")
    op.execute("DROP TRIGGER keep_by_hand ON changes")
    op.execute("DROP TRIGGER count_on ON logs")
    op.execute("DROP TRIGGER keep ON logs")
    op.execute("CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON logs FOR EACH ROW EXECUTE FUNCTION keep_logs()")
    op.execute("DROP FUNCTION forget_idempotency_keys()")
    for function in NEW:
        op.execute(f"DROP FUNCTION {function}")
    for function in NEW_OF_KEYS:
        op.execute(f"DROP FUNCTION {function}(uuid, text, bytea, uuid, jsonb)")
    op.execute(older("0002_idempotency_keys", "CLAIM"))
    op.execute(older("0003_changes", "ERASE"))
    op.execute(older("0003_changes", "FORGET"))
    op.execute(older("0004_rich_tasks", "MOVE"))
    op.drop_column("logs", "erasures")


def older(file: str, name: str) -> str:
    """A function as an earlier revision has it."""
    text: str = runpy.run_path(str(Path(__file__).with_name(f"{file}.py")))[name]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
