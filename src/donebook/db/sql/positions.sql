-- positions, version 1
--
-- Move tasks in their list. `last_position` says what a position is.

-- Return the fewest digits between two positions, in the middle of the free range; every text that begins with them
-- also lies between. A null `below` stands for the start of the list, where there is always a smaller number. Return
-- null if nothing lies between.
CREATE OR REPLACE FUNCTION digits_between(below text, above text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
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
$$;

-- Move a locked task directly before or behind another locked one, the anchor. Nothing is written if it is there
-- already. DB003 says that there is no room; its detail is the anchor, around which `spread_tasks` makes room.
CREATE OR REPLACE FUNCTION move_task(workspace uuid, task uuid, anchor uuid, before boolean) RETURNS SETOF tasks
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
            RAISE EXCEPTION 'no room between two positions' USING ERRCODE = 'DB003', DETAIL = anchor;
        END IF;
    END IF;
    RETURN QUERY UPDATE tasks SET position = coalesce(digits || 'g' || to_hex(moved.ordinal), last_position())
        WHERE workspace_id = workspace AND id = task RETURNING *;
END
$$;

-- Lock a task and its anchor, and move the task, unless one of the two is gone or the task has none of the versions.
-- Moves share an advisory lock that `spread_tasks` holds alone, and take it before the rows, which are locked by id.
CREATE OR REPLACE FUNCTION place_task(workspace uuid, task uuid, anchor uuid, before boolean, versions bigint[])
RETURNS SETOF tasks LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('positions ' || workspace, 0));
    PERFORM FROM tasks WHERE workspace_id = workspace AND id IN (task, anchor) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM tasks WHERE workspace_id = workspace AND id = task AND deleted_at IS NULL
            AND (versions IS NULL OR version = ANY (versions))
    ) AND EXISTS (SELECT FROM tasks WHERE workspace_id = workspace AND id = anchor AND deleted_at IS NULL) THEN
        RETURN QUERY SELECT * FROM move_task(workspace, task, anchor, before);
    END IF;
END
$$;

-- Move tasks that are locked, one after the other.
CREATE OR REPLACE FUNCTION place_tasks(workspace uuid, moved uuid[], anchors uuid[], befores boolean[])
RETURNS SETOF tasks LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    FOR turn IN 1 .. cardinality(moved) LOOP
        RETURN QUERY SELECT * FROM move_task(workspace, moved[turn], anchors[turn], befores[turn]);
    END LOOP;
END
$$;

-- Give the tasks around one new positions with room between them, and return how many were moved. It takes 64 tasks on
-- each side, then four times as many, until the new positions are short.
CREATE OR REPLACE FUNCTION spread_tasks(workspace uuid, task uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
        first := (SELECT min(position) FROM (
            SELECT position FROM tasks WHERE workspace_id = workspace AND position <= around
            ORDER BY position DESC LIMIT reach
        ) AS near);
        last := (SELECT max(position) FROM (
            SELECT position FROM tasks WHERE workspace_id = workspace AND position >= around
            ORDER BY position LIMIT reach
        ) AS near);
        below := (
            SELECT position FROM tasks WHERE workspace_id = workspace AND position < first
            ORDER BY position DESC LIMIT 1
        );
        above := coalesce(
            (SELECT position FROM tasks WHERE workspace_id = workspace AND position > last ORDER BY position LIMIT 1),
            lpad(to_hex(('x' || left(last, 12))::bit(48)::bigint + 1), 12, '0')
        );
        digits := digits_between(below, above);
        EXIT WHEN length(digits) <= 48 OR below IS NULL;
        reach := reach * 4;
    END LOOP;
    PERFORM FROM tasks WHERE workspace_id = workspace AND position BETWEEN first AND last
    ORDER BY id FOR NO KEY UPDATE;
    UPDATE tasks SET position = digits || lpad(to_hex(rank * 256), 8, '0') || 'g' || to_hex(ordinal)
    FROM (
        SELECT id, row_number() OVER (ORDER BY position) AS rank FROM tasks
        WHERE workspace_id = workspace AND position BETWEEN first AND last
    ) AS ranked
    WHERE workspace_id = workspace AND tasks.id = ranked.id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;
