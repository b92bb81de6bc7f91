-- idempotency_keys, version 1
--
-- Store each `Idempotency-Key` once, together with the answer to its first request.

-- Raise DB001 if another request with this key is in flight, and DB002 if the key was used. The statement that writes
-- calls this function, so an error also takes the write back. The function reads with a snapshot of its own: it sees a
-- key that was stored after the statement began.
CREATE OR REPLACE FUNCTION claim_idempotency_key(workspace uuid, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(workspace::text || ' ' || wanted, 0)) THEN
        RAISE EXCEPTION 'another request with this idempotency key is in flight' USING ERRCODE = 'DB001';
    END IF;
    IF EXISTS (SELECT FROM idempotency_keys WHERE workspace_id = workspace AND key = wanted) THEN
        RAISE EXCEPTION 'this idempotency key was used' USING ERRCODE = 'DB002';
    END IF;
END
$$;

-- Delete a few expired keys whenever one is stored, so that nothing has to run on a schedule. The statement has its own
-- locks by then and waits for nothing any more, so this cannot deadlock with `erase_changes`.
CREATE OR REPLACE FUNCTION forget_idempotency_keys() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM idempotency_keys WHERE (workspace_id, key) IN (
        SELECT workspace_id, key FROM idempotency_keys WHERE created_at < now() - interval '25 hours'
        ORDER BY created_at LIMIT 4 FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER forget AFTER INSERT ON idempotency_keys
FOR EACH STATEMENT EXECUTE FUNCTION forget_idempotency_keys();

-- Return an answer as it may be stored: without its content if the task that it shows has been erased since. A shared
-- advisory lock, which `erase_changes` holds alone, makes either side see the other.
CREATE OR REPLACE FUNCTION still_shown(workspace uuid, shown uuid, answer jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;

-- Store a key whose request was refused, with the refusal.
CREATE OR REPLACE FUNCTION refuse_idempotency_key(
    workspace uuid, wanted text, request bytea, shown uuid, refusal jsonb
) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    told constant jsonb := still_shown(workspace, shown, refusal);
BEGIN
    PERFORM claim_idempotency_key(workspace, wanted);
    INSERT INTO idempotency_keys (workspace_id, key, fingerprint, about, answer)
    VALUES (workspace, wanted, request, shown, told);
END
$$;

-- Store the answer of a write that found no row, which had stored its key before. Return the answer that counts: the
-- first.
CREATE OR REPLACE FUNCTION answer_idempotency_key(
    workspace uuid, wanted text, request bytea, shown uuid, outcome jsonb
) RETURNS jsonb LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    told constant jsonb := still_shown(workspace, shown, outcome);
BEGIN
    UPDATE idempotency_keys SET about = shown, answer = told
    WHERE workspace_id = workspace AND key = wanted AND fingerprint = request AND answer IS NULL;
    RETURN (
        SELECT answer FROM idempotency_keys
        WHERE workspace_id = workspace AND key = wanted AND fingerprint = request
    );
END
$$;
