-- log_changes, version 1
--
-- Log a table: `SELECT log_changes('tasks', 'task', '{}')`, with the table, what the log calls its rows, and the
-- columns that it leaves out. The table has the columns of every entity: workspace_id, id, version, created_at and
-- updated_at. Call the function again whenever the table's columns change.
--
-- It makes the triggers' functions log_<table>_creates, _updates and _deletes and, at the first call, their triggers;
-- then it also logs the rows that are there, once, as created. Times are logged as the contract shows them, in UTC.
--
-- The three functions differ in the rows that moved and in their diffs. One row takes a short way without joins. What
-- cannot be logged as one row leaves `workspace` null and goes the way of many (a row that moved to another id or
-- workspace was deleted in the one place and created in the other). More than 100 rows are planned anew (EXECUTE): a
-- session keeps the first plan that it makes, and one for few rows takes minutes for many. Values are kept in variables
-- of types that do not depend on the table, because a session may outlive a change of its columns. A workspace's row of
-- `logs` stays locked until the commit, so its numbers have no gaps and are in the order of commits. When a workspace
-- itself is deleted, there is no log left to write.
CREATE OR REPLACE FUNCTION log_changes(logged regclass, entity text, hidden text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    left_out constant text[] := hidden || '{workspace_id,version,updated_at}';
    first constant boolean := NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = logged AND tgname = 'log_creates');
    name constant text := relname FROM pg_class WHERE oid = logged;
    created text;
    deleted text;
    updated text;
BEGIN
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', logged);
    -- What makes the diffs of a created, a deleted and an updated row.
    SELECT string_agg(format('%L, jsonb_build_array(NULL, %s)', attname, format(form, 'n', attname)), ', '),
        string_agg(format('%L, jsonb_build_array(%s, NULL)', attname, format(form, 'o', attname)), ', '),
        string_agg(format(
            'CASE WHEN o.%1$I IS DISTINCT FROM n.%1$I
                THEN jsonb_build_object(%1$L, jsonb_build_array(%2$s, %3$s)) ELSE %4$L END',
            attname, format(form, 'o', attname), format(form, 'n', attname), '{}'
        ), ' || ')
    INTO created, deleted, updated
    FROM pg_attribute, LATERAL (SELECT CASE atttypid WHEN 'timestamptz'::regtype
        THEN 'to_char(%s.%I AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"'')'
        ELSE '%s.%I' END AS form) AS typed
    WHERE attrelid = logged AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> ALL (left_out);

    -- What creates a row names every member, also those that are null.
    EXECUTE format($write$
        CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
        DECLARE
            rows constant int := (SELECT count(*) FROM (SELECT FROM %2$s LIMIT 101) AS first_rows);
            many constant boolean := rows > 100;
            workspace uuid; row_id uuid; moved jsonb; counted bigint; moment timestamptz; place bigint;
        BEGIN
            IF rows = 0 THEN
                RETURN NULL;
            END IF;
            IF rows = 1 THEN
                %4$s
                IF moved IS NULL AND FOUND THEN
                    RETURN NULL;
                END IF;
                UPDATE logs SET head = head + 1 WHERE workspace_id = workspace RETURNING head INTO place;
                IF FOUND THEN
                    INSERT INTO changes (
                        workspace_id, seq, entity, entity_id, op, diff, version,
                        actor, request_id, undoes_from, undoes_to, at
                    ) VALUES (
                        workspace, place, %3$L, row_id, %5$L, moved, counted, coalesce(caller(1), 'database'),
                        coalesce(
                            nullif(current_setting('donebook.requests', true), '')::jsonb ->> row_id::text, caller(2)
                        ),
                        caller(3)::bigint, caller(4)::bigint, moment
                    );
                    RETURN NULL;
                END IF;
            END IF;
            %6$s
            RETURN NULL;
        END
        $body$
    $write$, 'log_' || name || '_creates', 'new_rows', entity,
        format($one$
            SELECT n.workspace_id, n.id, jsonb_build_object(%1$s), n.version, n.updated_at
            INTO workspace, row_id, moved, counted, moment FROM new_rows AS n;
        $one$, created), 'create',
        format($either$IF many THEN EXECUTE $many$%1$s$many$; ELSE %1$s; END IF;$either$, format($several$
            WITH moved AS MATERIALIZED (%1$s),
                counted AS (
                    INSERT INTO logs (workspace_id, head)
                    SELECT workspace_id, count(*) FROM moved GROUP BY 1 ORDER BY 1
                    ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
                    RETURNING workspace_id, head
                ),
                asked AS MATERIALIZED (
                    SELECT key::uuid AS id, value AS request
                    FROM jsonb_each_text(nullif(current_setting('donebook.requests', true), '')::jsonb)
                )
            INSERT INTO changes (
                workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
            )
            SELECT workspace_id,
                head - count(*) OVER (PARTITION BY workspace_id)
                    + row_number() OVER (PARTITION BY workspace_id ORDER BY id, op),
                %2$L, id, op, diff, version,
                coalesce(caller(1), 'database'), coalesce(request, caller(2)), caller(3)::bigint, caller(4)::bigint, at
            FROM moved JOIN counted USING (workspace_id) LEFT JOIN asked USING (id)
        $several$, format($moved$
            SELECT workspace_id, id, 'create' AS op, jsonb_build_object(%1$s) AS diff, version, updated_at AS at
            FROM new_rows AS n
        $moved$, created), entity)));

    EXECUTE format($write$
        CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
        DECLARE
            rows constant int := (SELECT count(*) FROM (SELECT FROM %2$s LIMIT 101) AS first_rows);
            many constant boolean := rows > 100;
            workspace uuid; row_id uuid; moved jsonb; counted bigint; moment timestamptz; place bigint;
        BEGIN
            IF rows = 0 THEN
                RETURN NULL;
            END IF;
            IF rows = 1 THEN
                %4$s
                IF moved IS NULL AND FOUND THEN
                    RETURN NULL;
                END IF;
                UPDATE logs SET head = head + 1 WHERE workspace_id = workspace RETURNING head INTO place;
                IF FOUND THEN
                    INSERT INTO changes (
                        workspace_id, seq, entity, entity_id, op, diff, version,
                        actor, request_id, undoes_from, undoes_to, at
                    ) VALUES (
                        workspace, place, %3$L, row_id, %5$L, moved, counted, coalesce(caller(1), 'database'),
                        coalesce(
                            nullif(current_setting('donebook.requests', true), '')::jsonb ->> row_id::text, caller(2)
                        ),
                        caller(3)::bigint, caller(4)::bigint, moment
                    );
                    RETURN NULL;
                END IF;
            END IF;
            %6$s
            RETURN NULL;
        END
        $body$
    $write$, 'log_' || name || '_deletes', 'old_rows', entity,
        format($one$
            SELECT o.workspace_id, o.id,
                CASE WHEN EXISTS (SELECT FROM workspaces WHERE workspaces.id = o.workspace_id)
                    THEN jsonb_build_object(%1$s) END,
                o.version + 1, clock_timestamp()
            INTO workspace, row_id, moved, counted, moment FROM old_rows AS o;
        $one$, deleted), 'delete',
        format($either$IF many THEN EXECUTE $many$%1$s$many$; ELSE %1$s; END IF;$either$, format($several$
            WITH moved AS MATERIALIZED (%1$s),
                counted AS (
                    INSERT INTO logs (workspace_id, head)
                    SELECT workspace_id, count(*) FROM moved GROUP BY 1 ORDER BY 1
                    ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
                    RETURNING workspace_id, head
                ),
                asked AS MATERIALIZED (
                    SELECT key::uuid AS id, value AS request
                    FROM jsonb_each_text(nullif(current_setting('donebook.requests', true), '')::jsonb)
                )
            INSERT INTO changes (
                workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
            )
            SELECT workspace_id,
                head - count(*) OVER (PARTITION BY workspace_id)
                    + row_number() OVER (PARTITION BY workspace_id ORDER BY id, op),
                %2$L, id, op, diff, version,
                coalesce(caller(1), 'database'), coalesce(request, caller(2)), caller(3)::bigint, caller(4)::bigint, at
            FROM moved JOIN counted USING (workspace_id) LEFT JOIN asked USING (id)
        $several$, format($moved$
            SELECT workspace_id, id, 'delete' AS op, jsonb_build_object(%2$s) AS diff, version + 1 AS version,
                clock_timestamp() AS at
            FROM old_rows AS o
            WHERE EXISTS (SELECT FROM workspaces WHERE workspaces.id = workspace_id)
        $moved$, created, deleted), entity)));

    EXECUTE format($write$
        CREATE OR REPLACE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
        DECLARE
            rows constant int := (SELECT count(*) FROM (SELECT FROM %2$s LIMIT 101) AS first_rows);
            many constant boolean := rows > 100;
            workspace uuid; row_id uuid; moved jsonb; counted bigint; moment timestamptz; place bigint;
        BEGIN
            IF rows = 0 THEN
                RETURN NULL;
            END IF;
            IF rows = 1 THEN
                %4$s
                IF moved IS NULL AND FOUND THEN
                    RETURN NULL;
                END IF;
                UPDATE logs SET head = head + 1 WHERE workspace_id = workspace RETURNING head INTO place;
                IF FOUND THEN
                    INSERT INTO changes (
                        workspace_id, seq, entity, entity_id, op, diff, version,
                        actor, request_id, undoes_from, undoes_to, at
                    ) VALUES (
                        workspace, place, %3$L, row_id, %5$L, moved, counted, coalesce(caller(1), 'database'),
                        coalesce(
                            nullif(current_setting('donebook.requests', true), '')::jsonb ->> row_id::text, caller(2)
                        ),
                        caller(3)::bigint, caller(4)::bigint, moment
                    );
                    RETURN NULL;
                END IF;
            END IF;
            %6$s
            RETURN NULL;
        END
        $body$
    $write$, 'log_' || name || '_updates', 'new_rows', entity,
        format($one$
            SELECT n.workspace_id, n.id, CASE WHEN n.version <> o.version THEN %1$s END, n.version, n.updated_at
            INTO workspace, row_id, moved, counted, moment
            FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id AND n.workspace_id = o.workspace_id;
        $one$, updated), 'update',
        format($either$IF many THEN EXECUTE $many$%1$s$many$; ELSE %1$s; END IF;$either$, format($several$
            WITH moved AS MATERIALIZED (%1$s),
                counted AS (
                    INSERT INTO logs (workspace_id, head)
                    SELECT workspace_id, count(*) FROM moved GROUP BY 1 ORDER BY 1
                    ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
                    RETURNING workspace_id, head
                ),
                asked AS MATERIALIZED (
                    SELECT key::uuid AS id, value AS request
                    FROM jsonb_each_text(nullif(current_setting('donebook.requests', true), '')::jsonb)
                )
            INSERT INTO changes (
                workspace_id, seq, entity, entity_id, op, diff, version, actor, request_id, undoes_from, undoes_to, at
            )
            SELECT workspace_id,
                head - count(*) OVER (PARTITION BY workspace_id)
                    + row_number() OVER (PARTITION BY workspace_id ORDER BY id, op),
                %2$L, id, op, diff, version,
                coalesce(caller(1), 'database'), coalesce(request, caller(2)), caller(3)::bigint, caller(4)::bigint, at
            FROM moved JOIN counted USING (workspace_id) LEFT JOIN asked USING (id)
        $several$, format($moved$
            SELECT n.workspace_id, n.id, 'update' AS op, %3$s AS diff, n.version, n.updated_at AS at
            FROM old_rows AS o JOIN new_rows AS n USING (workspace_id, id)
            WHERE n.version <> o.version
            UNION ALL
            SELECT workspace_id, id, 'create', jsonb_build_object(%1$s), version, updated_at
            FROM new_rows AS n
            WHERE NOT EXISTS (SELECT FROM old_rows AS o WHERE o.workspace_id = n.workspace_id AND o.id = n.id)
            UNION ALL
            SELECT workspace_id, id, 'delete', jsonb_build_object(%2$s), version + 1, clock_timestamp()
            FROM old_rows AS o
            WHERE NOT EXISTS (SELECT FROM new_rows AS n WHERE o.workspace_id = n.workspace_id AND o.id = n.id)
        $moved$, created, deleted, updated), entity)));

    IF first THEN
        EXECUTE format('CREATE TRIGGER log_creates AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_creates');
        EXECUTE format('CREATE TRIGGER log_updates AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows
            NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_updates');
        EXECUTE format('CREATE TRIGGER log_deletes AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %I()', logged, 'log_' || name || '_deletes');
        EXECUTE format('CREATE TRIGGER log_truncate BEFORE TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION log_truncate()', logged);
        EXECUTE format($copy$
            WITH counted AS (
                INSERT INTO logs (workspace_id, head) SELECT workspace_id, count(*) FROM %1$s GROUP BY 1 ORDER BY 1
                ON CONFLICT (workspace_id) DO UPDATE SET head = logs.head + excluded.head
                RETURNING workspace_id, head
            )
            INSERT INTO changes (workspace_id, seq, entity, entity_id, op, diff, version, actor, at)
            SELECT workspace_id,
                head - count(*) OVER (PARTITION BY workspace_id)
                    + row_number() OVER (PARTITION BY workspace_id ORDER BY created_at, id),
                %2$L, id, 'create', jsonb_build_object(%3$s), version, 'database', updated_at
            FROM %1$s AS n JOIN counted USING (workspace_id)
        $copy$, logged, entity, created);
    END IF;
END
$$;

-- Delete the rows of a table that is truncated, and so log them: TRUNCATE shows its triggers no rows.
CREATE OR REPLACE FUNCTION log_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
    RETURN NULL;
END
$$;
