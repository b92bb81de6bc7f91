-- last_position, version 1
--
-- Return a position behind all others, the default of `tasks.position`. A position is a text that sorts by its bytes:
-- twelve hexadecimal digits; for a task that was moved also digits that lie between its neighbours, "g" and the task's
-- ordinal, so that two tasks never get the same position, even if they are moved at the same time.

CREATE OR REPLACE FUNCTION last_position() RETURNS text LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT lpad(to_hex((1::bigint << 47) + nextval('task_positions')), 12, '0')
$$;
