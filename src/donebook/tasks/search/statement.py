# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""The statement that finds tasks: rank after rank, until there are enough.

Each rank is one query to the index. When it gives few tasks, those are all, and they are sorted. When it gives more
than `FEW`, many tasks match: then the workspace's tasks are looked at in order, and the first that match come soon.
"""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, Boolean, Integer, Text, Uuid, bindparam, text

from donebook.db import rows
from donebook.db.models import TIME
from donebook.db.statement import WORKSPACE, Statement
from donebook.tasks.listing import columns
from donebook.tasks.models import Task

BEST = 200
FEW = 3000
MANY = 100_000
EXACT = 6
"""The ranks in which no slip is forgiven."""
SLIPS = 50
"""Words that one term may be taken for."""

# A word with a slip, which nothing begins with, makes the first six ranks pointless, and they are dear beside frequent
# words. Words with digits are looked up in the index itself.
KNOWN = """
known AS MATERIALIZED (
    SELECT coalesce(bool_and(CASE
        WHEN EXISTS (SELECT FROM search_words
            WHERE workspace_id = :workspace AND word >= word_ AND word < word_end) THEN true
        ELSE (SELECT count(*) > 0 FROM task_search
            WHERE words @@ ((:looser)[number])::tsquery AND (workspace_id = :workspace) IS TRUE)
        END), true) AS every
    FROM unnest(:numbers, :word, :word_end) AS term(number, word_, word_end)
)
"""
# The first is by how a word begins, the second by how it ends, which the index has backwards.
ALMOST = f"""
almost AS MATERIALIZED (
    SELECT number, string_agg(format('''t%1$s%2$s''', :scope, word), '|') AS titles,
        string_agg(format('''t%1$s%2$s''|''d%1$s%2$s''', :scope, word), '|') AS anywhere
    FROM unnest(:numbers, :begin, :begin_end, :end, :end_end, :slips)
            AS term(number, begin_, begin_end, end_, end_end, slips),
        LATERAL (
            SELECT word FROM search_words
            WHERE workspace_id = :workspace AND word >= begin_ AND word < begin_end AND word ~ slips
            UNION
            SELECT word FROM search_words
            WHERE workspace_id = :workspace AND reverse(word) >= end_ AND reverse(word) < end_end AND word ~ slips
            LIMIT {SLIPS}
        ) AS words
    WHERE {{still}}
    GROUP BY number
),
forgiving AS MATERIALIZED (
    SELECT string_agg('(' || concat_ws('|', loose, titles) || ')', '&')::tsquery AS titles,
        string_agg('(' || concat_ws('|', looser, anywhere) || ')', '&')::tsquery AS anywhere
    FROM unnest(:loosest, :looser) WITH ORDINALITY AS term(loose, looser, place)
        LEFT JOIN almost ON number = place
    HAVING count(number) > 0
)
"""
# The planner is kept from two mistakes: to read the whole workspace by its key instead of asking the index for words
# (hence IS TRUE), and, in the second part, to sort all that matches instead of stopping early (hence CASE, of which it
# expects that half of the tasks match).
RANK = """
some_{n} AS MATERIALIZED (
    {lately}SELECT id FROM task_search
    WHERE words @@ ({query}) AND (workspace_id = :workspace) IS TRUE{everywhere}{still} LIMIT {few} + 1
),
many_{n} AS MATERIALIZED (
    {among}(SELECT id FROM task_search
    WHERE workspace_id = :workspace AND CASE WHEN words @@ ({query}) THEN true END{most}
        AND (SELECT count(*) FROM some_{n}) > {few}
    ORDER BY id LIMIT 2 * :limit)
),
rank_{n} AS MATERIALIZED (
    SELECT id, {n} AS rank
    FROM (
        SELECT id FROM some_{n} WHERE (SELECT count(*) FROM some_{n}) <= {few}
        UNION ALL SELECT id FROM many_{n}
    ) AS found
    WHERE {unseen} ORDER BY id LIMIT :limit
)
"""
# The index of words does not know when a task changed. Those that did are looked at themselves when they are few. When
# they are many, whatever matches is looked up among them, and when they are most, by itself. That it is looked up in a
# CASE keeps the planner from joining; `MANY` ids fit into the memory that a statement has by default.
RECENT = """
recent AS MATERIALIZED (
    (SELECT id FROM tasks WHERE workspace_id = :workspace AND deleted_at IS NULL AND completed_at IS NULL
        AND updated_at >= :since LIMIT {many} / 2 + 1)
    UNION ALL
    (SELECT id FROM tasks WHERE workspace_id = :workspace AND deleted_at IS NULL AND completed_at IS NOT NULL
        AND updated_at >= :since LIMIT {many} / 2 + 1)
),
counted AS MATERIALIZED (SELECT count(*) AS recent FROM recent),
lately AS MATERIALIZED (
    SELECT id, completed, words FROM recent, LATERAL (
        SELECT completed, words FROM task_search
        WHERE task_search.workspace_id = :workspace AND task_search.id = recent.id OFFSET 0
    ) AS looked_up
    WHERE (SELECT recent FROM counted) <= {few}
)
"""
LATELY = "SELECT id FROM lately WHERE words @@ ({query}){filters}{still} UNION ALL "
SINCE = """ AND (SELECT recent FROM counted) > {few} AND CASE
        WHEN (SELECT recent FROM counted) > {many} / 2 THEN (
            SELECT updated_at >= :since FROM tasks WHERE tasks.workspace_id = :workspace AND tasks.id = task_search.id
        )
        ELSE id IN (SELECT id FROM recent) END"""
AMONG = """(SELECT recent.id
    FROM (SELECT id FROM recent ORDER BY id) AS recent, LATERAL (
        SELECT FROM task_search
        WHERE task_search.workspace_id = :workspace AND task_search.id = recent.id AND words @@ ({query}){filters}
        OFFSET 0
    ) AS fits
    WHERE (SELECT count(*) FROM some_{n}) > {few} AND (SELECT recent FROM counted) <= {many} / 2
    ORDER BY recent.id LIMIT 2 * :limit)
    UNION ALL """
MOST = """ AND (SELECT recent FROM counted) > {many} / 2 AND (
        SELECT updated_at >= :since FROM tasks WHERE tasks.workspace_id = :workspace AND tasks.id = task_search.id
    )"""


def _find(*, since: bool, completed: bool) -> Statement[Task]:
    filters = " AND completed = :completed" if completed else ""
    everywhere = filters + (SINCE.format(few=FEW, many=MANY) if since else "")
    queries = [f"SELECT (:ranks)[{n}]::tsquery" for n in range(1, 7)]
    queries += ["SELECT titles FROM forgiving", "SELECT anywhere FROM forgiving"]
    parts = [KNOWN, *([RECENT.format(few=FEW, many=MANY)] if since else [])]
    for n, query in enumerate(queries, 1):
        before = [f"rank_{other}" for other in range(1, n)]
        so_far = " + ".join(f"(SELECT count(*) FROM {other})" for other in before)
        still = f"{so_far} < :limit" if before else "true"
        if n <= EXACT:
            still = f"(SELECT every FROM known) AND {still}"
        if n == EXACT + 1:
            parts.append(ALMOST.format(still=still))
        unseen = " AND ".join(f"id NOT IN (SELECT id FROM {other})" for other in before) or "true"
        common = {"query": query, "filters": filters, "still": f" AND {still}"}
        parts.append(
            RANK.format(
                n=n,
                lately=LATELY.format(**common) if since else "",
                among=AMONG.format(n=n, few=FEW, many=MANY, **common) if since else "",
                everywhere=everywhere,
                most=filters + (MOST.format(many=MANY) if since else ""),
                unseen=unseen,
                few=FEW,
                **common,
            )
        )
    every = " UNION ALL ".join(f"SELECT * FROM rank_{n}" for n in range(1, len(queries) + 1))
    sql = (
        f"WITH {','.join(parts)} SELECT {columns()}, rank FROM ({every} ORDER BY rank, id LIMIT :limit) AS best"
        " JOIN tasks ON tasks.workspace_id = :workspace AND tasks.id = best.id ORDER BY rank, tasks.id"
    )
    texts = ("ranks", "loosest", "looser", "word", "word_end", "begin", "begin_end", "end", "end_end", "slips")
    binds: list[BindParameter[Any]] = [bindparam(WORKSPACE, type_=Uuid()), bindparam("limit", type_=BigInteger())]
    binds += [
        bindparam("scope", type_=Text()),
        bindparam("numbers", type_=ARRAY(Integer)),
        *(bindparam(name, type_=ARRAY(Text)) for name in texts),
    ]
    binds += [bindparam("completed", type_=Boolean())] if completed else []
    binds += [bindparam("since", type_=TIME)] if since else []
    rows.learn(["rank"])
    return Statement(text(sql).bindparams(*binds), model=Task, writes=False)


FIND = {
    (since, completed): _find(since=since, completed=completed)
    for since in (False, True)
    for completed in (False, True)
}
