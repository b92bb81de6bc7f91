-- log, version 1
--
-- Keep the change log honest: only triggers write it, it counts on without gaps, and what it says stays. `log_changes`
-- makes the triggers that write it.

-- Give each new workspace a log, so that there is a position before its first change.
CREATE OR REPLACE FUNCTION open_log() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO logs (workspace_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER open_log AFTER INSERT ON workspaces FOR EACH ROW EXECUTE FUNCTION open_log();

-- Refuse inserts that no trigger makes, except those of `log_changes`, which migrations call. The trigger's condition
-- spares other inserts the call.
CREATE OR REPLACE FUNCTION log_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stack text;
BEGIN
    GET DIAGNOSTICS stack = PG_CONTEXT;
    IF stack ~ 'log_changes\(regclass,text,text\[\]\)' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the change log is written by triggers only' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER keep_by_hand BEFORE INSERT ON changes
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION log_by_hand();

-- Refuse to change or delete what was logged. Two exceptions: the content of rows that were deleted for good may be
-- emptied, and changes that retention has given up (up to `logs.forgotten`), or whose workspace is gone, may be
-- deleted.
CREATE OR REPLACE FUNCTION keep_changes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;

CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE ON changes FOR EACH ROW EXECUTE FUNCTION keep_changes();

CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON changes EXECUTE FUNCTION keep_changes();

-- Let the numbers of a log only grow, and `head` only by triggers and `log_changes`. Every write calls this function:
-- it names no table, so it needs no `search_path` of its own, which would take time. Its own depth is 1.
CREATE OR REPLACE FUNCTION count_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stack text;
BEGIN
    IF NEW.head > OLD.head AND pg_trigger_depth() = 1 THEN
        GET DIAGNOSTICS stack = PG_CONTEXT;
        IF stack !~ 'log_changes\(regclass,text,text\[\]\)' THEN
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
$$;

CREATE OR REPLACE TRIGGER count_on BEFORE UPDATE ON logs FOR EACH ROW EXECUTE FUNCTION count_on();

-- Refuse to delete a log whose workspace is still there, and to truncate the table. (`count_on` guards updates; the
-- branch for them is left from before.)
CREATE OR REPLACE FUNCTION keep_logs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;

CREATE OR REPLACE TRIGGER keep BEFORE DELETE ON logs FOR EACH ROW EXECUTE FUNCTION keep_logs();

CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON logs EXECUTE FUNCTION keep_logs();

-- Give up the oldest changes from before a time, at most 5,000 at once, since nobody can write meanwhile; return how
-- many. They are in a row, so that what is kept has no gaps.
CREATE OR REPLACE FUNCTION forget_changes(workspace uuid, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
$$;
