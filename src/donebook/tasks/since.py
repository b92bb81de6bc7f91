# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""What changed since a time, in another order than that of the changes: no index has both.

However many tasks there are, some thousands are looked at and no more. When few changed, these are sorted. Else the
list is walked in its order; what is passed over comes with a sample of the tasks that did not change, which say how far
it came. A walk that found too few says by its last row where to go on: its page is shorter.
"""

from collections.abc import Sequence

FEW, FEW_TITLES = 1500, 1000
"""So many changed tasks are sorted; titles have to be folded for it."""
SAMPLED = 63
"""One task in 64 is in the sample."""
MARKS = 30
"""A walk ends after so many of the sample, or of what it found, beyond a full page."""

# To sort by this is to sort by the index, and takes a third of the time.
TITLE, FOLDED = "title_order(title)", "convert_to(left(fold(title), 200), 'UTF8')"

LATEST = """SELECT {what} FROM tasks
            WHERE workspace_id = :workspace AND deleted_at IS NULL AND {state} AND updated_at >= :since{also}
            ORDER BY updated_at DESC, id DESC LIMIT {few}"""
WALK = """SELECT id, {key} AS sort_key, updated_at >= :since AS changed FROM tasks
            WHERE workspace_id = :workspace AND deleted_at IS NULL AND {state}
                AND (updated_at >= :since OR uuid_hash(id) & {sampled} = 0)
                AND (SELECT number FROM counted) > {few}{behind}
            ORDER BY {key}{way}, id{way} LIMIT :limit + {marks}"""
PAGE = """
WITH counted AS MATERIALIZED (SELECT {counts} AS number),
    latest AS MATERIALIZED ({latest}),
    sorted AS MATERIALIZED (SELECT id, {sort_key} AS sort_key FROM latest),
    walked AS MATERIALIZED (
        SELECT * FROM ({walks}) AS either ORDER BY sort_key{way}, id{way} LIMIT :limit + {marks}
    ),
    found AS MATERIALIZED (
        (SELECT id, sort_key FROM sorted WHERE true{behind} ORDER BY sort_key{way}, id{way} LIMIT :limit)
        UNION ALL (SELECT id, sort_key FROM walked WHERE changed LIMIT :limit)
    ),
    chosen AS (
        SELECT id, sort_key, false AS passed FROM found
        UNION ALL (
            SELECT id, sort_key, true FROM walked
            WHERE (SELECT count(*) FROM found) < :limit OFFSET :limit + {marks} - 1
        )
    )
SELECT whole.*, sort_key, passed
FROM chosen, LATERAL (
    SELECT {columns} FROM tasks WHERE tasks.workspace_id = :workspace AND tasks.id = chosen.id OFFSET 0
) AS whole
ORDER BY passed, sort_key{way}, whole.id{way}
"""


def page(columns: str, key: str, states: Sequence[str], *, down: bool, first: bool) -> str:
    """The statement that gives a page, each row with `sort_key`; one that has `passed` is where the walk came to."""
    title = key == TITLE
    few, way = FEW_TITLES if title else FEW, " DESC" if down else ""
    given = f"{'<' if down else '>'} (:key, :id)"

    def latest(state: str, what: str, also: str, most: int) -> str:
        return "(" + LATEST.format(what=what, state=state, also=also, few=most) + ")"

    counts = [f"(SELECT count(*) FROM {latest(state, '', '', few + 1)} AS recent)" for state in states]
    only = f" AND (SELECT number FROM counted) <= {few}"
    what = "id, title" if title else f"id, {key}"
    walk = {"key": key, "sampled": SAMPLED, "few": few, "way": way, "marks": MARKS}
    behind = "" if first else f" AND ({key}, id) {given}"
    return PAGE.format(
        counts=" + ".join(counts),
        latest=" UNION ALL ".join(latest(state, what, only, few) for state in states),
        walks=" UNION ALL ".join(f"({WALK.format(state=state, behind=behind, **walk)})" for state in states),
        sort_key=FOLDED if title else key,
        behind="" if first else f" AND (sort_key, id) {given}",
        columns=columns,
        way=way,
        marks=MARKS,
    )
