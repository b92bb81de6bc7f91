-- search_index, version 1
--
-- Keep `task_search`, what search looks up, and `search_words`, the words in which it forgives slips, with every write
-- of tasks. The triggers are named to run after those of the log: a statement that writes has locked the workspace's
-- log by then, so one statement at a time writes the words of a workspace.
--
-- Most statements write one row, and take a short way without joins. A session keeps the first plan that it makes for a
-- statement; so statements of more than 100 rows are planned anew (EXECUTE), with the text that follows ELSE.

-- Forget words that no task of the workspace has any more. A word that 100 tasks have is marked as common, and not
-- looked up again here.
CREATE OR REPLACE FUNCTION forget_words(workspace uuid, forgotten text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    scope constant text := right(workspace::text, 4);
    each text;
    left_over bigint;
BEGIN
    FOR each IN
        SELECT word FROM search_words WHERE workspace_id = workspace AND word = ANY (forgotten) AND NOT common
        ORDER BY word
    LOOP
        SELECT count(*) INTO left_over FROM (
            SELECT FROM task_search
            WHERE words @@ format('''t%1$s%2$s''|''d%1$s%2$s''', scope, each)::tsquery
                AND (workspace_id = workspace) IS TRUE
            LIMIT 100
        ) AS others;
        IF left_over = 0 THEN
            DELETE FROM search_words WHERE workspace_id = workspace AND word = each;
        ELSIF left_over = 100 THEN
            UPDATE search_words SET common = true WHERE workspace_id = workspace AND word = each;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION search_creates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    rows constant int := (SELECT count(*) FROM (SELECT FROM new_rows LIMIT 101) AS first_rows);
    many constant boolean := rows > 100;
    workspace uuid;
    task uuid;
    done boolean;
    vector tsvector;
BEGIN
    IF rows = 1 THEN
        SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL, search_vector(n.workspace_id, n.title, n.description)
        INTO workspace, task, done, vector FROM new_rows AS n WHERE n.deleted_at IS NULL;
        IF FOUND THEN
            INSERT INTO task_search (workspace_id, id, completed, words) VALUES (workspace, task, done, vector);
            INSERT INTO search_words (workspace_id, word)
            SELECT workspace, known.word FROM spelled(vector) AS known(word) ORDER BY known.word
            ON CONFLICT DO NOTHING;
        END IF;
    ELSIF rows > 1 THEN
        IF many THEN
            EXECUTE $many$
                WITH made AS (
                    INSERT INTO task_search (workspace_id, id, completed, words)
                    SELECT workspace_id, id, completed_at IS NOT NULL, search_vector(workspace_id, title, description)
                    FROM new_rows WHERE deleted_at IS NULL
                    RETURNING workspace_id, words
                )
                INSERT INTO search_words (workspace_id, word)
                SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word ORDER BY workspace_id, word
                ON CONFLICT DO NOTHING
            $many$;
        ELSE
            WITH made AS (
                INSERT INTO task_search (workspace_id, id, completed, words)
                SELECT workspace_id, id, completed_at IS NOT NULL, search_vector(workspace_id, title, description)
                FROM new_rows WHERE deleted_at IS NULL
                RETURNING workspace_id, words
            )
            INSERT INTO search_words (workspace_id, word)
            SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word ORDER BY workspace_id, word
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION search_deletes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    rows constant int := (SELECT count(*) FROM (SELECT FROM old_rows LIMIT 101) AS first_rows);
    many constant boolean := rows > 100;
    workspace uuid;
    task uuid;
    vector tsvector;
BEGIN
    IF rows = 1 THEN
        SELECT o.workspace_id, o.id, search_vector(o.workspace_id, o.title, o.description)
        INTO workspace, task, vector FROM old_rows AS o;
        DELETE FROM task_search WHERE workspace_id = workspace AND id = task;
        PERFORM forget_words(workspace, ARRAY(SELECT spelled(vector)));
    ELSIF rows > 1 THEN
        IF many THEN
            EXECUTE $many$
                DELETE FROM task_search AS s USING old_rows AS o WHERE s.workspace_id = o.workspace_id AND s.id = o.id
            $many$;
        ELSE
            DELETE FROM task_search AS s USING old_rows AS o WHERE s.workspace_id = o.workspace_id AND s.id = o.id;
        END IF;
        IF many THEN
            EXECUTE $many$SELECT forget_words(workspace_id, array_agg(DISTINCT word))
                FROM old_rows, spelled(search_vector(workspace_id, title, description)) AS word GROUP BY workspace_id
            $many$;
        ELSE
            PERFORM forget_words(workspace_id, array_agg(DISTINCT word))
            FROM old_rows, spelled(search_vector(workspace_id, title, description)) AS word GROUP BY workspace_id;
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

-- Most updates change nothing that search looks for. `completed` is a flag without an index, so it costs little to
-- change. Words are forgotten that a task had, in its title or description, and has no more. What was rewritten is
-- counted: with EXISTS the planner hopes to find such a row early, and compares every pair of rows when there is none.
CREATE OR REPLACE FUNCTION search_updates() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
DECLARE
    rows constant int := (SELECT count(*) FROM (SELECT FROM new_rows LIMIT 101) AS first_rows);
    many constant boolean := rows > 100;
    workspace uuid;
    task uuid;
    done boolean;
    was_done boolean;
    live boolean;
    was_live boolean;
    rewritten boolean;
    so boolean;
    vector tsvector;
    gone text[];
BEGIN
    IF rows = 0 THEN
        RETURN NULL;
    END IF;
    IF rows = 1 THEN
        SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL, o.completed_at IS NOT NULL,
            n.deleted_at IS NULL, o.deleted_at IS NULL,
            n.title <> o.title OR n.description IS DISTINCT FROM o.description
        INTO workspace, task, done, was_done, live, was_live, rewritten
        FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id AND n.workspace_id = o.workspace_id;
        IF FOUND THEN
            IF live AND (rewritten OR NOT was_live) THEN
                vector := (SELECT search_vector(n.workspace_id, n.title, n.description) FROM new_rows AS n);
                INSERT INTO task_search (workspace_id, id, completed, words) VALUES (workspace, task, done, vector)
                ON CONFLICT (workspace_id, id) DO UPDATE SET completed = excluded.completed, words = excluded.words;
                INSERT INTO search_words (workspace_id, word)
                SELECT workspace, known.word FROM spelled(vector) AS known(word) ORDER BY known.word
                ON CONFLICT DO NOTHING;
            ELSIF live AND done <> was_done THEN
                UPDATE task_search SET completed = done WHERE workspace_id = workspace AND id = task;
            ELSIF was_live AND NOT live THEN
                DELETE FROM task_search WHERE workspace_id = workspace AND id = task;
            END IF;
            IF rewritten THEN
                gone := ARRAY(
                    SELECT spelled(search_vector(o.workspace_id, o.title, o.description)) FROM old_rows AS o
                    EXCEPT
                    SELECT spelled(search_vector(n.workspace_id, n.title, n.description)) FROM new_rows AS n
                );
                IF gone <> '{}' THEN
                    PERFORM forget_words(workspace, gone);
                END IF;
            END IF;
            RETURN NULL;
        END IF;
    END IF;
    IF many THEN
        EXECUTE $many$
            UPDATE task_search AS s SET completed = n.completed_at IS NOT NULL FROM new_rows AS n
            WHERE s.workspace_id = n.workspace_id AND s.id = n.id AND s.completed <> (n.completed_at IS NOT NULL)
        $many$;
    ELSE
        UPDATE task_search AS s SET completed = n.completed_at IS NOT NULL FROM new_rows AS n
        WHERE s.workspace_id = n.workspace_id AND s.id = n.id AND s.completed <> (n.completed_at IS NOT NULL);
    END IF;
    IF many THEN
        EXECUTE $many$SELECT (
                SELECT count(*) FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id)
                WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                    OR (n.deleted_at IS NULL) <> (o.deleted_at IS NULL)
            ) > 0
        $many$ INTO so;
    ELSE
        so := (
            SELECT count(*) FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id)
            WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                OR (n.deleted_at IS NULL) <> (o.deleted_at IS NULL)
        ) > 0;
    END IF;
    IF so THEN
        IF many THEN
            EXECUTE $many$
                DELETE FROM task_search AS s USING old_rows AS o
                WHERE s.workspace_id = o.workspace_id AND s.id = o.id AND NOT EXISTS (
                    SELECT FROM new_rows AS n
                    WHERE n.workspace_id = s.workspace_id AND n.id = s.id AND n.deleted_at IS NULL
                )
            $many$;
        ELSE
            DELETE FROM task_search AS s USING old_rows AS o
            WHERE s.workspace_id = o.workspace_id AND s.id = o.id AND NOT EXISTS (
                SELECT FROM new_rows AS n WHERE n.workspace_id = s.workspace_id AND n.id = s.id AND n.deleted_at IS NULL
            );
        END IF;
        IF many THEN
            EXECUTE $many$
                WITH made AS (
                    INSERT INTO task_search AS s (workspace_id, id, completed, words)
                    SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL,
                        search_vector(n.workspace_id, n.title, n.description)
                    FROM new_rows AS n LEFT JOIN old_rows AS o USING (workspace_id, id)
                    WHERE n.deleted_at IS NULL AND (
                        o.id IS NULL OR o.deleted_at IS NOT NULL
                        OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                    )
                    ON CONFLICT (workspace_id, id) DO UPDATE SET words = excluded.words WHERE s.words <> excluded.words
                    RETURNING s.workspace_id, s.words
                )
                INSERT INTO search_words (workspace_id, word)
                SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word ORDER BY workspace_id, word
                ON CONFLICT DO NOTHING
            $many$;
        ELSE
            WITH made AS (
                INSERT INTO task_search AS s (workspace_id, id, completed, words)
                SELECT n.workspace_id, n.id, n.completed_at IS NOT NULL,
                    search_vector(n.workspace_id, n.title, n.description)
                FROM new_rows AS n LEFT JOIN old_rows AS o USING (workspace_id, id)
                WHERE n.deleted_at IS NULL AND (
                    o.id IS NULL OR o.deleted_at IS NOT NULL
                    OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                )
                ON CONFLICT (workspace_id, id) DO UPDATE SET words = excluded.words WHERE s.words <> excluded.words
                RETURNING s.workspace_id, s.words
            )
            INSERT INTO search_words (workspace_id, word)
            SELECT DISTINCT workspace_id, word FROM made, spelled(words) AS word ORDER BY workspace_id, word
            ON CONFLICT DO NOTHING;
        END IF;
        IF many THEN
            EXECUTE $many$SELECT forget_words(workspace_id, array_agg(DISTINCT word))
                FROM (
                    SELECT o.workspace_id, word FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id),
                        spelled(search_vector(o.workspace_id, o.title, o.description)) AS word
                    WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                    EXCEPT
                    SELECT workspace_id, word
                    FROM new_rows, spelled(search_vector(workspace_id, title, description)) AS word
                ) AS gone GROUP BY workspace_id
            $many$;
        ELSE
            PERFORM forget_words(workspace_id, array_agg(DISTINCT word))
            FROM (
                SELECT o.workspace_id, word FROM old_rows AS o LEFT JOIN new_rows AS n USING (workspace_id, id),
                    spelled(search_vector(o.workspace_id, o.title, o.description)) AS word
                WHERE n.id IS NULL OR n.title <> o.title OR n.description IS DISTINCT FROM o.description
                EXCEPT
                SELECT workspace_id, word
                FROM new_rows, spelled(search_vector(workspace_id, title, description)) AS word
            ) AS gone GROUP BY workspace_id;
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE TRIGGER search_creates AFTER INSERT ON tasks REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION search_creates();

CREATE OR REPLACE TRIGGER search_updates AFTER UPDATE ON tasks
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION search_updates();

CREATE OR REPLACE TRIGGER search_deletes AFTER DELETE ON tasks REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION search_deletes();
