"""The log as those see it who follow it: pages of changes, with where the log begins and ends at that moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from donebook.changes.contract import Change
from donebook.wire import timestamp

PAGE = """
SELECT * FROM (
    SELECT *, sum(length(diff)) OVER (ORDER BY seq) - length(diff) AS before
    FROM (
        SELECT seq, entity, entity_id, op, diff::text AS diff, actor, request_id, at
        FROM (
            SELECT *, sum(pg_column_size(diff)) OVER (ORDER BY seq) - pg_column_size(diff) AS stored_before
            FROM ({changes}) AS following
        ) AS weighed
        WHERE stored_before < {size}
    ) AS unpacked
) AS measured
WHERE before < {size}
"""
"""Of some changes those up to a size in characters. Their size as stored comes first: it is known without unpacking."""
AFTER = "SELECT * FROM changes WHERE changes.workspace_id = asked.workspace_id AND seq > after ORDER BY seq LIMIT $3"
PAGES = f"""
SELECT workspace_id, epoch, head, forgotten, erasures, page.*
FROM unnest($1::uuid[], $2::bigint[]) AS asked (workspace_id, after)
JOIN logs USING (workspace_id)
LEFT JOIN LATERAL ({PAGE.format(changes=AFTER, size="$4")}) AS page ON true
ORDER BY workspace_id, seq
"""  # noqa: S608 - nothing comes from outside
"""Of each workspace the log's state, and the changes behind a number: at most so many, and once they come to so many
characters no more. One statement, so that all of it is of one moment."""
LIFE = "SELECT * FROM changes WHERE workspace_id = $1 AND entity_id = $2 AND entity = $3"
HISTORY = f"""
SELECT page.*, (SELECT max(seq) FROM ({LIFE}) AS life) AS last
FROM ({PAGE.format(changes=f"{LIFE} AND seq > $4 ORDER BY seq LIMIT $5", size="$6")}) AS page
ORDER BY seq
"""  # noqa: S608 - nothing comes from outside
"""The same for the changes of one entity, with the number of its last one."""

type Translate = Callable[[str, Mapping[str, list[Any]]], dict[str, list[Any]]]
type Entities = Mapping[str, Translate]
"""How the logged differences of each kind of entity are said in the contract's names."""


class Page(NamedTuple):
    """Changes in a row, and the log at the same moment: its epoch, its last number, and the last it has forgotten.

    `erasures` counts how often something in it was erased.
    """

    epoch: UUID
    head: int
    forgotten: int
    erasures: int
    changes: list[Any]


def pages(rows: Iterable[Any]) -> dict[UUID, Page]:
    """What `PAGES` gave, by workspace; one that has no log is not there."""
    found = {}
    for workspace, group in groupby(rows, key=lambda row: row["workspace_id"]):
        together = list(group)
        first = together[0]
        changes = together if first["seq"] is not None else []
        found[workspace] = Page(first["epoch"], first["head"], first["forgotten"], first["erasures"], changes)
    return found


def shape(change: Any, entities: Entities) -> Change:
    """A logged change as the contract shows it; nothing moved in what only a newer version of Donebook knows."""
    translate = entities.get(change["entity"], _nothing)
    return Change(
        seq=change["seq"],
        entity=change["entity"],
        entity_id=str(change["entity_id"]),
        op=change["op"],
        diff=translate(change["op"], msgspec.json.decode(change["diff"])),
        actor=change["actor"],
        request_id=change["request_id"],
        at=timestamp(change["at"]),
    )


def _nothing(_op: str, _diff: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {}


def shaped(changes: Sequence[Any], entities: Entities) -> list[Change]:
    """Logged changes as the contract shows them."""
    return [shape(change, entities) for change in changes]
