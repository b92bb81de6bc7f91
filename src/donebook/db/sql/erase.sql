-- erase, version 1
--
-- Delete for good: the rows, and the content that the log and stored answers have of them.

-- Empty what the log and stored answers say of deleted rows; only the numbers of their changes stay. An answer is about
-- one row as a rule; a few are lists. Processes that follow the log in memory notice by the count of erasures.
CREATE OR REPLACE FUNCTION erase_changes(workspace uuid, ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;

-- Erase those of the tasks that are in the trash, have one of the versions and were trashed before a time; return their
-- ids.
CREATE OR REPLACE FUNCTION erase_tasks(workspace uuid, ids uuid[], versions bigint[], trashed_before timestamptz)
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
$$;

-- Erase one task: from the trash; or from the log alone, if its creation was undone or its row was deleted without
-- Donebook. An advisory lock, which transactions that give ids take too, keeps the task from coming back meanwhile.
CREATE OR REPLACE FUNCTION erase_task(workspace uuid, task uuid, versions bigint[]) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;
