-- find_tasks, version 1
--
-- Search. Each rank is one query to the index of words (`donebook.tasks.search` makes them), from the best to the
-- loosest: 1 to 4 whole words, then their beginnings, each first in titles and then anywhere; 5 and 6 with runs of
-- characters that are known by their pieces only, 7 and 8 with slips forgiven. Odd ranks look in titles.

-- Return whether tasks have words that begin with each of the terms in which a slip may be forgiven. Words with digits
-- are looked up in the index itself.
CREATE OR REPLACE FUNCTION search_knows(workspace uuid, looser text[], numbers int[], words text[], words_end text[])
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    FOR place IN 1 .. cardinality(numbers) LOOP
        IF NOT EXISTS (
            SELECT FROM search_words
            WHERE workspace_id = workspace AND word >= words[place] AND word < words_end[place]
        ) AND NOT EXISTS (
            SELECT FROM task_search AS s
            WHERE s.words @@ looser[numbers[place]]::tsquery AND (s.workspace_id = workspace) IS TRUE
        ) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;

-- Return the queries of ranks 7 and 8, or null if no word is almost one of the terms. Words are found by how they
-- begin, and by how they end, for which there is an index of reversed words. One term may stand for 50 words at most,
-- the shortest.
CREATE OR REPLACE FUNCTION search_forgives(
    workspace uuid, loosest text[], looser text[], numbers int[], begins text[], begins_end text[], ends text[],
    ends_end text[], slips text[]
) RETURNS text[] LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    title constant text := '''t' || right(workspace::text, 4);
    description constant text := '''d' || right(workspace::text, 4);
    almost text[];
    any_slip boolean := false;
BEGIN
    FOR place IN 1 .. cardinality(numbers) LOOP
        almost := ARRAY(
            SELECT word FROM (
                SELECT word FROM search_words
                WHERE workspace_id = workspace AND word >= begins[place] AND word < begins_end[place]
                    AND word ~ slips[place]
                UNION
                SELECT word FROM search_words
                WHERE workspace_id = workspace AND reverse(word) >= ends[place] AND reverse(word) < ends_end[place]
                    AND word ~ slips[place]
            ) AS slipped
            ORDER BY char_length(word), word LIMIT 50
        );
        CONTINUE WHEN almost = '{}';
        any_slip := true;
        loosest[numbers[place]] := concat(
            loosest[numbers[place]], '|', title, array_to_string(almost, '''|' || title), ''''
        );
        looser[numbers[place]] := concat(
            looser[numbers[place]], '|', title, array_to_string(almost, '''|' || title), '''|',
            description, array_to_string(almost, '''|' || description), ''''
        );
    END LOOP;
    IF any_slip THEN
        RETURN ARRAY[
            '(' || array_to_string(loosest, ')&(') || ')',
            '(' || array_to_string(looser, ')&(') || ')'
        ];
    END IF;
    RETURN NULL;
END
$$;

-- Return the best tasks, with their ranks: `best` of them, and of those that changed `since`, if it is given.
--
-- The index knows three characters of a run together; `sure` says that nothing longer is looked for. Otherwise the
-- texts themselves must have each of the `long` runs. They are read for as few tasks as possible, in order.
--
-- A session keeps the plans that it makes. Generic plans are made once, not anew with every query, and without
-- sequential scans none of them reads a whole table, however small it was then. The odd spellings keep the planner from
-- mistakes: (a = b) IS TRUE from reading the whole workspace by its key instead of asking the index; CASE, of which it
-- expects that half of the tasks match, from sorting all that matches instead of stopping early; OFFSET 0 from joining.
CREATE OR REPLACE FUNCTION find_tasks(
    workspace uuid, ranks text[], loosest text[], looser text[], numbers int[], words text[], words_end text[],
    begins text[], begins_end text[], ends text[], ends_end text[], slips text[], long text[], done boolean,
    since timestamptz, best bigint
) RETURNS TABLE (task uuid, rank int) LANGUAGE plpgsql STABLE ROWS 100
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    recent uuid[];
    every boolean := false;
    sure boolean;
    most boolean;
    forgiven text[];
    queries tsquery[];
    query tsquery;
    got uuid[];
    seen uuid[] := '{}';
    places bigint := 0;
    often int[];
BEGIN
    -- The index of words does not know when a task changed. Up to 3,000 changed tasks are looked at one by one, with
    -- the loosest query first, which finds all that the others find.
    IF since IS NOT NULL THEN
        recent := ARRAY(
            (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                AND t.completed_at IS NULL AND t.updated_at >= since LIMIT 3000 + 1)
            UNION ALL
            (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                AND t.completed_at IS NOT NULL AND t.updated_at >= since LIMIT 3000 + 1)
        );
    END IF;
    IF cardinality(recent) <= 3000 THEN
        sure := long = '{}';
        IF search_knows(workspace, looser, numbers, words, words_end) THEN
            queries := ranks::tsquery[];
            query := coalesce(ranks[6], ranks[4]);
            RETURN QUERY
            SELECT changed.id, fits.rank FROM unnest(recent) AS changed(id), LATERAL (
                SELECT CASE
                    WHEN s.words @@ queries[1] THEN 1
                    WHEN s.words @@ queries[2] THEN 2
                    WHEN s.words @@ queries[3] THEN 3
                    WHEN s.words @@ queries[4] THEN 4
                    WHEN s.words @@ queries[5] AND (sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT fold(t.title) AS folded
                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                        ) AS said
                    )) THEN 5
                    WHEN s.words @@ queries[6] AND (sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT concat(fold(t.title), ' ', fold(t.description)) AS folded
                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                        ) AS said
                    )) THEN 6
                    WHEN s.words @@ queries[7] AND (sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT fold(t.title) AS folded
                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                        ) AS said
                    )) THEN 7
                    WHEN s.words @@ queries[8] AND (sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT concat(fold(t.title), ' ', fold(t.description)) AS folded
                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                        ) AS said
                    )) THEN 8
                    END AS rank
                FROM task_search AS s
                WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                    AND (done IS NULL OR s.completed = done)
                OFFSET 0
            ) AS fits
            WHERE fits.rank > 0 ORDER BY 2, 1 LIMIT best - places;
            GET DIAGNOSTICS places = ROW_COUNT;
        END IF;
        IF places < best THEN
            forgiven := search_forgives(workspace, loosest, looser, numbers, begins, begins_end, ends, ends_end, slips);
            IF forgiven IS NOT NULL THEN
                queries[7 : 8] := forgiven::tsquery[];
                query := forgiven[2];
                RETURN QUERY
                SELECT changed.id, fits.rank FROM unnest(recent) AS changed(id), LATERAL (
                    SELECT CASE
                        WHEN s.words @@ queries[1] THEN 1
                        WHEN s.words @@ queries[2] THEN 2
                        WHEN s.words @@ queries[3] THEN 3
                        WHEN s.words @@ queries[4] THEN 4
                        WHEN s.words @@ queries[5] AND (sure OR (
                            SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                SELECT fold(t.title) AS folded
                                FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                            ) AS said
                        )) THEN 5
                        WHEN s.words @@ queries[6] AND (sure OR (
                            SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                SELECT concat(fold(t.title), ' ', fold(t.description)) AS folded
                                FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                            ) AS said
                        )) THEN 6
                        WHEN s.words @@ queries[7] AND (sure OR (
                            SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                SELECT fold(t.title) AS folded
                                FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                            ) AS said
                        )) THEN 7
                        WHEN s.words @@ queries[8] AND (sure OR (
                            SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                SELECT concat(fold(t.title), ' ', fold(t.description)) AS folded
                                FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                            ) AS said
                        )) THEN 8
                        END AS rank
                    FROM task_search AS s
                    WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                        AND (done IS NULL OR s.completed = done)
                    OFFSET 0
                ) AS fits
                WHERE fits.rank > 6 ORDER BY 2, 1 LIMIT best - places;
            END IF;
        END IF;
        RETURN;
    END IF;

    -- The index gives all that match before the first can be looked at, which takes long if every sixteenth of a
    -- million tasks matches. In a large database, 128 tasks of the workspace tell how often each of the first four
    -- ranks matches. Rows with more than 2,000 bytes of words are stored elsewhere, and would take longer to read.
    IF since IS NULL AND (SELECT reltuples FROM pg_class WHERE oid = 'task_search'::regclass) >= 20000 THEN
        queries := ranks[1 : 4]::tsquery[];
        often := (
            SELECT ARRAY[
                count(*) FILTER (WHERE one.words @@ queries[1]), count(*) FILTER (WHERE one.words @@ queries[2]),
                count(*) FILTER (WHERE one.words @@ queries[3]), count(*) FILTER (WHERE one.words @@ queries[4])
            ]
            FROM (
                SELECT s.words, s.completed FROM task_search AS s
                WHERE s.workspace_id = workspace ORDER BY s.id LIMIT 128
            ) AS one
            WHERE (done IS NULL OR one.completed = done) AND pg_column_size(one.words) < 2000
        );
    END IF;

    FOR number IN 1 .. 8 LOOP
        IF number = 3 AND numbers <> '{}' AND NOT search_knows(workspace, looser, numbers, words, words_end) THEN
            ranks := '{}';  -- no beginnings either: only ranks 7 and 8 are left
        ELSIF number = 7 THEN
            forgiven := search_forgives(workspace, loosest, looser, numbers, begins, begins_end, ends, ends_end, slips);
            EXIT WHEN forgiven IS NULL;
            ranks[7 : 8] := forgiven;
        END IF;
        query := ranks[number]::tsquery;
        CONTINUE WHEN query IS NULL;
        sure := number < 5 OR long = '{}';

        -- Go through 4,000 tasks in order if that should find enough; if it does not, ask the index.
        got := NULL;
        IF often[number] * 4000 >= best * 128 THEN
            got := ARRAY(
                SELECT one.id FROM (
                    SELECT s.id, s.words, s.completed FROM task_search AS s
                    WHERE s.workspace_id = workspace ORDER BY s.id LIMIT 4000
                ) AS one
                WHERE one.words @@ query AND (done IS NULL OR one.completed = done)
                ORDER BY one.id LIMIT best
            );
        END IF;
        IF coalesce(cardinality(got) < best, true) THEN
            got := ARRAY(
                SELECT s.id FROM task_search AS s
                WHERE s.words @@ query AND (s.workspace_id = workspace) IS TRUE AND (done IS NULL OR s.completed = done)
                LIMIT 3001
            );
        END IF;

        IF cardinality(got) <= 3000 THEN
            -- These are all that match.
            IF since IS NOT NULL THEN
                got := ARRAY(
                    SELECT each FROM unnest(got) AS each
                    WHERE (
                        SELECT t.updated_at >= since FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = each
                    )
                );
            END IF;
        ELSIF since IS NULL THEN
            -- Many match, so going through the workspace's tasks in order finds enough soon.
            got := ARRAY(
                SELECT s.id FROM task_search AS s
                WHERE s.workspace_id = workspace AND CASE WHEN s.words @@ query THEN true END
                    AND (done IS NULL OR s.completed = done)
                    AND (sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT CASE WHEN number % 2 = 1 THEN fold(t.title)
                                ELSE concat(fold(t.title), ' ', fold(t.description)) END AS folded
                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                        ) AS said
                    ))
                ORDER BY s.id LIMIT best
            );
        ELSE
            -- Many match and many changed. Up to 50,000 changed tasks, of the open and of the done ones, are gathered
            -- once.
            IF NOT every THEN
                every := true;
                recent := ARRAY(
                    (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                        AND t.completed_at IS NULL AND t.updated_at >= since LIMIT 50000 + 1)
                    UNION ALL
                    (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                        AND t.completed_at IS NOT NULL AND t.updated_at >= since LIMIT 50000 + 1)
                );
                most := cardinality(recent) > 50000;
                IF NOT most THEN
                    recent := ARRAY(SELECT unnest(recent) ORDER BY 1);
                END IF;
            END IF;
            IF NOT most THEN
                -- Look at the first 5,000 of them, then ask the index which of them match, then look at all of them.
                got := ARRAY(
                    SELECT changed.id FROM unnest(recent[1 : 5000]) WITH ORDINALITY AS changed(id, place), LATERAL (
                        SELECT FROM task_search AS s
                        WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                            AND (done IS NULL OR s.completed = done)
                            AND (sure OR (
                                SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                    SELECT CASE WHEN number % 2 = 1 THEN fold(t.title)
                                        ELSE concat(fold(t.title), ' ', fold(t.description)) END AS folded
                                    FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                                ) AS said
                            ))
                        OFFSET 0
                    ) AS fits
                    ORDER BY changed.place LIMIT best
                );
                IF cardinality(got) < best THEN
                    got := ARRAY(
                        SELECT s.id FROM task_search AS s
                        WHERE s.words @@ query AND (s.workspace_id = workspace) IS TRUE
                            AND (done IS NULL OR s.completed = done)
                            AND (s.id IN (SELECT unnest(recent))) IS TRUE
                        LIMIT 3001
                    );
                    IF cardinality(got) > 3000 THEN
                        got := ARRAY(
                            SELECT changed.id FROM unnest(recent) WITH ORDINALITY AS changed(id, place), LATERAL (
                                SELECT FROM task_search AS s
                                WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                                    AND (done IS NULL OR s.completed = done)
                                    AND (sure OR (
                                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run)
                                        FROM (
                                            SELECT CASE WHEN number % 2 = 1 THEN fold(t.title)
                                                ELSE concat(fold(t.title), ' ', fold(t.description)) END AS folded
                                            FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                                        ) AS said
                                    ))
                                OFFSET 0
                            ) AS fits
                            ORDER BY changed.place LIMIT best
                        );
                    END IF;
                END IF;
            ELSE
                got := ARRAY(
                    SELECT s.id FROM task_search AS s
                    WHERE s.workspace_id = workspace AND CASE WHEN s.words @@ query THEN true END
                        AND (done IS NULL OR s.completed = done)
                        AND (sure OR (
                            SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                                SELECT CASE WHEN number % 2 = 1 THEN fold(t.title)
                                    ELSE concat(fold(t.title), ' ', fold(t.description)) END AS folded
                                FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = s.id OFFSET 0
                            ) AS said
                        ))
                        AND (
                            SELECT t.updated_at >= since FROM tasks AS t
                            WHERE t.workspace_id = workspace AND t.id = s.id
                        )
                    ORDER BY s.id LIMIT best
                );
            END IF;
        END IF;

        CONTINUE WHEN got = '{}';
        got := ARRAY(
            SELECT each FROM (
                SELECT each FROM unnest(got) AS each WHERE (each IN (SELECT unnest(seen))) IS NOT TRUE
                ORDER BY each OFFSET 0
            ) AS others
            WHERE (sure OR (
                SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                    SELECT CASE WHEN number % 2 = 1 THEN fold(t.title)
                        ELSE concat(fold(t.title), ' ', fold(t.description)) END AS folded
                    FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = each OFFSET 0
                ) AS said
            ))
            ORDER BY each LIMIT best - cardinality(seen)
        );
        RETURN QUERY SELECT each, number FROM unnest(got) AS each;
        seen := seen || got;
        EXIT WHEN cardinality(seen) >= best;
    END LOOP;
END
$$;
