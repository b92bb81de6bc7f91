"""Positions never run out, and no two are ever the same: whoever moves what, however often, into whichever gap."""

import random
import re
from bisect import bisect

import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE

FORM = re.compile("[0-9a-f]{12}([0-9a-g]*g[0-9a-f]+)?")
ADD = "INSERT INTO tasks (workspace_id, title) SELECT $1, 'x' FROM generate_series(1, $2) RETURNING id"
MOVES = """
DO $$
DECLARE
    ids constant uuid[] := (SELECT array_agg(id ORDER BY ordinal) FROM tasks);
    workspace constant uuid := (SELECT id FROM workspaces);
    anchor uuid;
    moved uuid;
    before boolean;
BEGIN
    FOR turn IN 1 .. {turns} LOOP
        before := {before};
        anchor := CASE WHEN before THEN ids[2] ELSE ids[1] END;
        moved := ids[3 + turn % (cardinality(ids) - 2)];
        LOOP
            BEGIN
                PERFORM place_task(workspace, moved, anchor, before, NULL);
                EXIT;
            EXCEPTION WHEN SQLSTATE 'DB003' THEN
                PERFORM spread_tasks(workspace, anchor);
            END;
        END LOOP;
    END LOOP;
END
$$
"""
WAYS = {"after": "false", "before": "true", "alternating": "turn % 2 = 0", "random": "random() < 0.5"}


@pytest.mark.parametrize("seed", range(3))
async def test_digits_lie_between_wherever_they_are_asked_for(connection, seed):
    chance = random.Random(seed)
    numbers = [0x800000000000 + step for step in (1, 2, 3, 0x10, 0x1F, 0x20, 0xFF, 0x100, 0xFFFFF, 0x100000)]
    positions = sorted(f"{number:012x}" for number in numbers)
    gap = 1
    for ordinal in range(1, 800):
        if chance.random() < 0.3:
            gap = chance.randrange(len(positions) + 1)
        below = positions[gap - 1] if gap else None
        if gap == len(positions):
            positions.append(f"{int(positions[-1][:12], 16) + 1:012x}")
        digits = await connection.fetchval("SELECT digits_between($1, $2)", below, positions[gap])
        position = f"{digits}g{ordinal:x}"
        assert FORM.fullmatch(position)
        assert bisect(positions, position) == gap
        positions.insert(gap, position)
        gap += chance.randrange(2)


@pytest.mark.parametrize("way", WAYS)
async def test_a_gap_takes_any_number_of_moves(connection, way):
    """The two at its ends stay next to it, and the last that came is next to whom it was put."""
    ids = [row["id"] for row in await connection.fetch(ADD, DEFAULT_WORKSPACE, 150)]
    for _ in range(4):
        await connection.execute(MOVES.format(turns=300, before=WAYS[way]))
        order = [row["id"] for row in await connection.fetch("SELECT id FROM tasks ORDER BY position")]
        last = ids[2 + 300 % 148]
        assert order[0] == ids[0]
        assert order[-1] == ids[1]
        assert last in (order[1], order[-2])
    assert await connection.fetchval("SELECT max(length(position)) FROM tasks") < 180
