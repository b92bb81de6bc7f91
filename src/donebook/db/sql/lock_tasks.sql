-- lock_tasks, version 1
--
-- Lock every task that a transaction will touch, in the order of their ids, and return them as they are then.
-- Transactions that give tasks ids of their own (`naming`) take turns; those that move tasks keep `spread_tasks` away.

CREATE OR REPLACE FUNCTION lock_tasks(workspace uuid, ids uuid[], naming boolean, moving boolean) RETURNS SETOF tasks
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;
