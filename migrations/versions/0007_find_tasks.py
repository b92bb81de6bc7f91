# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""A function that finds tasks: rank after rank, until there are enough

Revision: 0007, after 0006

It runs inside one transaction with a lock time-out (see `env.py`). A migration that has landed is never edited.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FEW = 3000
"""Tasks that are looked at one by one."""
GLANCE = 5000
"""Tasks that are looked at in order, in the hope to come early upon enough of them."""
MOST = 50_000
"""Tasks that changed, of the open ones and of the done ones, so many that they are not gathered."""
EXACT = 6
"""The ranks in which no slip is forgiven."""
BEGINNINGS = 3
"""The first rank in which it is enough that a word begins so."""
PIECES = 5
"""The first rank in which a run is known by its pieces only; titles have the odd ones of these to themselves."""
SLIPS = 50
"""Words that one term may be taken for; the shortest are."""

# Whether tasks have words that begin with each of the terms that may have a slip. Words with digits are looked up in
# the index itself.
KNOWN = """
CREATE FUNCTION search_knows(workspace uuid, looser text[], numbers int[], words text[], words_end text[])
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
$$
"""
# The queries in which slips are forgiven, in titles and anywhere; null when no word is almost one of the terms. The
# first part is by how a word begins, the second by how it ends, which the index has backwards.
FORGIVING = f"""
CREATE FUNCTION search_forgives(
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
            ORDER BY char_length(word), word LIMIT {SLIPS}
        );
        CONTINUE WHEN almost = '{{}}';
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
$$
"""
FORGIVEN = "search_forgives(workspace, loosest, looser, numbers, begins, begins_end, ends, ends_end, slips)"
ANYWHERE = "concat(fold(t.title), ' ', fold(t.description))"  # the space is part of no run
RANKED = f"CASE WHEN number % 2 = 1 THEN fold(t.title) ELSE {ANYWHERE} END"


def fits(task: str, texts: str = RANKED) -> str:
    """A condition: long runs are in the texts. The index knows three characters of a run together.

    Texts are read for as few tasks as can be, in order, and before any task is cut off.
    """
    return f"""(sure OR (
                        SELECT (SELECT bool_and(strpos(folded, run) > 0) FROM unnest(long) AS run) FROM (
                            SELECT {texts} AS folded FROM tasks AS t
                            WHERE t.workspace_id = workspace AND t.id = {task} OFFSET 0
                        ) AS said
                    ))"""


# Each rank is one query to the index. When it gives few tasks, those are all, and they are sorted. When it gives more
# than `FEW`, many tasks match: then the workspace's tasks are looked at in order, and the first that match come soon.
#
# The planner is kept from two mistakes: to read the whole workspace by its key instead of asking the index for words
# (hence IS TRUE), and to sort all that matches instead of stopping early (hence CASE, of which it expects that half of
# the tasks match).
MATCHING = f"""got := ARRAY(
            SELECT s.id FROM task_search AS s
            WHERE s.words @@ query AND (s.workspace_id = workspace) IS TRUE AND (done IS NULL OR s.completed = done)
            LIMIT {FEW + 1}
        );"""
WALK = f"""got := ARRAY(
                SELECT s.id FROM task_search AS s
                WHERE s.workspace_id = workspace AND CASE WHEN s.words @@ query THEN true END
                    AND (done IS NULL OR s.completed = done) AND {fits("s.id")}{{also}}
                ORDER BY s.id LIMIT best
            );"""
# The index of words does not know when a task changed. Those that did are looked at themselves when they are few.
# Otherwise few that match are looked up; many are looked up among those that changed, unless these are too many to be
# gathered. IS TRUE and OFFSET 0 keep the planner from joining, as it would do with the ten ids that it expects.
RECENT = """recent := ARRAY(
            (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                AND t.completed_at IS NULL AND t.updated_at >= since LIMIT {more} + 1)
            UNION ALL
            (SELECT t.id FROM tasks AS t WHERE t.workspace_id = workspace AND t.deleted_at IS NULL
                AND t.completed_at IS NOT NULL AND t.updated_at >= since LIMIT {more} + 1)
        );"""
CHANGED = """(
                        SELECT t.updated_at >= since FROM tasks AS t WHERE t.workspace_id = workspace AND t.id = {id}
                    )"""
MATCHING_RECENT = f"""got := ARRAY(
                SELECT s.id FROM task_search AS s
                WHERE s.words @@ query AND (s.workspace_id = workspace) IS TRUE AND (done IS NULL OR s.completed = done)
                    AND (s.id IN (SELECT unnest(recent))) IS TRUE
                LIMIT {FEW + 1}
            );"""
WALK_RECENT = f"""got := ARRAY(
                SELECT changed.id FROM unnest({{recent}}) WITH ORDINALITY AS changed(id, place), LATERAL (
                    SELECT FROM task_search AS s
                    WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                        AND (done IS NULL OR s.completed = done) AND {fits("s.id")}
                    OFFSET 0
                ) AS fits
                ORDER BY changed.place LIMIT best
            );"""
TEXTS = ["fold(t.title)", ANYWHERE] * 2
CASES = " ".join(
    [f"WHEN s.words @@ queries[{number}] THEN {number}" for number in range(1, PIECES)]
    + [f"WHEN s.words @@ queries[{n}] AND {fits('s.id', texts)} THEN {n}" for n, texts in enumerate(TEXTS, PIECES)]
)
# The last query finds whatever those before it find, and is asked first.
LATELY = f"""RETURN QUERY
            SELECT changed.id, fits.rank FROM unnest(recent) AS changed(id), LATERAL (
                SELECT CASE {CASES} END AS rank FROM task_search AS s
                WHERE s.workspace_id = workspace AND s.id = changed.id AND s.words @@ query
                    AND (done IS NULL OR s.completed = done)
                OFFSET 0
            ) AS fits
            WHERE fits.rank > {{above}} ORDER BY 2, 1 LIMIT best - places;"""
# What a session planned it keeps. Generic plans are made once, not anew with every query, and none of them reads a
# whole table, however small it was then.
FIND = f"""
CREATE FUNCTION find_tasks(
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
    seen uuid[] := '{{}}';
    places bigint := 0;
BEGIN
    IF since IS NOT NULL THEN
        {RECENT.format(more=FEW)}
    END IF;
    IF cardinality(recent) <= {FEW} THEN
        sure := long = '{{}}';
        IF search_knows(workspace, looser, numbers, words, words_end) THEN
            queries := ranks::tsquery[];
            query := coalesce(ranks[6], ranks[4]);
            {LATELY.format(above=0)}
            GET DIAGNOSTICS places = ROW_COUNT;
        END IF;
        IF places < best THEN
            forgiven := {FORGIVEN};
            IF forgiven IS NOT NULL THEN
                queries[{EXACT + 1} : {EXACT + 2}] := forgiven::tsquery[];
                query := forgiven[2];
                {LATELY.format(above=EXACT)}
            END IF;
        END IF;
        RETURN;
    END IF;
    FOR number IN 1 .. {EXACT + 2} LOOP
        IF number = {BEGINNINGS} AND numbers <> '{{}}'
            AND NOT search_knows(workspace, looser, numbers, words, words_end)
        THEN
            ranks := '{{}}';
        ELSIF number = {EXACT + 1} THEN
            forgiven := {FORGIVEN};
            EXIT WHEN forgiven IS NULL;
            ranks[{EXACT + 1} : {EXACT + 2}] := forgiven;
        END IF;
        query := ranks[number]::tsquery;
        CONTINUE WHEN query IS NULL;
        sure := number < {PIECES} OR long = '{{}}';
        {MATCHING}
        IF cardinality(got) <= {FEW} THEN
            IF since IS NOT NULL THEN
                got := ARRAY(SELECT each FROM unnest(got) AS each WHERE {CHANGED.format(id="each")});
            END IF;
        ELSIF since IS NULL THEN
            {WALK.format(also="")}
        ELSE
            IF NOT every THEN
                every := true;
                {RECENT.format(more=MOST)}
                most := cardinality(recent) > {MOST};
                IF NOT most THEN
                    recent := ARRAY(SELECT unnest(recent) ORDER BY 1);
                END IF;
            END IF;
            IF NOT most THEN
                {WALK_RECENT.format(recent=f"recent[1 : {GLANCE}]")}
                IF cardinality(got) < best THEN
                    {MATCHING_RECENT}
                    IF cardinality(got) > {FEW} THEN
                        {WALK_RECENT.format(recent="recent")}
                    END IF;
                END IF;
            ELSE
                {WALK.format(also=" AND " + CHANGED.format(id="s.id"))}
            END IF;
        END IF;
        CONTINUE WHEN got = '{{}}';
        got := ARRAY(
            SELECT each FROM (
                SELECT each FROM unnest(got) AS each WHERE (each IN (SELECT unnest(seen))) IS NOT TRUE
                ORDER BY each OFFSET 0
            ) AS others
            WHERE {fits("each")}
            ORDER BY each LIMIT best - cardinality(seen)
        );
        RETURN QUERY SELECT each, number FROM unnest(got) AS each;
        seen := seen || got;
        EXIT WHEN cardinality(seen) >= best;
    END LOOP;
END
$$
"""


def upgrade() -> None:
    """The function, and the two that it asks when it has not found enough."""
    for function in (KNOWN, FORGIVING, FIND):
        op.execute(function)


def downgrade() -> None:
    """Take it back."""
    op.execute(
        "DROP FUNCTION find_tasks(uuid, text[], text[], text[], int[], text[], text[], text[], text[], text[], text[],"
        " text[], text[], boolean, timestamptz, bigint)"
    )
    op.execute("DROP FUNCTION search_forgives(uuid, text[], text[], int[], text[], text[], text[], text[], text[])")
    op.execute("DROP FUNCTION search_knows(uuid, text[], int[], text[], text[])")
