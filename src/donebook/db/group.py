"""Group commit: writes that would wait for one another anyway go to the database together.

Who writes in a workspace has its place in the log until the commit, so that writes of the same moment wait in a row,
each for the commit of the one before. A write that comes while the database is busy with others of its kind waits here
instead, and what has gathered by then is one statement, one round trip and one commit. A write that finds nobody there
goes at once, by itself; none waits for others to come.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.bulk import encode
from donebook.db.caller import Caller
from donebook.db.grouped import Grouped
from donebook.db.limits import Limits
from donebook.db.pace import Flight, Pace, Pair
from donebook.db.session import fetch, run, tell
from donebook.db.turn import Turn
from donebook.problems import Busy, OutcomeUnknown, Problem, Unavailable

log = logging.getLogger("donebook.database")

STALLED = 0.1  # s: what is in flight for longer waits for something else, and nobody waits for it
LANES = 1000
"""Lanes that are kept while nobody writes in them."""


class Groups:
    """The writes to one database, each in the lane of its kind."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lanes: dict[Any, Lane] = {}

    async def row(self, engine: AsyncEngine, grouped: Grouped[Any], values: Mapping[str, Any], caller: Caller) -> Any:
        """The row that a write gives, which has committed, or None.

        Raises:
            Problem: the honest answer to whatever the database said (see `donebook.problems`).
        """
        name = grouped, caller.workspace, caller.actor
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= LANES:
                self._lanes = {name: lane for name, lane in self._lanes.items() if lane.flying}
            lane = self._lanes[name] = Lane(engine, grouped, self.limits)
        return await lane.row(values, caller)


class Lane:
    """The writes of one kind, one actor and one workspace."""

    def __init__(self, engine: AsyncEngine, grouped: Grouped[Any], limits: Limits) -> None:
        self.engine = engine
        self.grouped = grouped
        self.patience = limits.pool_timeout
        self.pace = Pace(limits.pool_size)
        self.flying: dict[Flight, None] = {}
        self._waiting: deque[Turn] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def row(self, values: Mapping[str, Any], caller: Caller) -> Any:
        """The row that the write gives, or None."""
        if not self._waiting and self._room():
            return await self._now(values, caller)
        turn = Turn(values, caller, self.patience)
        self._waiting.append(turn)
        self._watch()
        return await turn.outcome

    async def _now(self, values: Mapping[str, Any], caller: Caller) -> Any:
        flight, well = self._begin(1), False
        try:
            rows = await run(self.engine, self.grouped.single, values, caller)
            well = bool(rows)
        finally:
            self._end(flight, well=well)
        return rows[0] if rows else None

    def _room(self) -> bool:
        if len(self.flying) < self.pace.limit:
            return True
        return len(self.flying) < self.pace.most and self._fresh() < self.pace.limit

    def _fresh(self) -> int:
        """Statements in flight that may come back at any moment."""
        early = monotonic() - STALLED
        return sum(flight.since > early for flight in self.flying)

    def _begin(self, writes: int, pair: Pair | None = None) -> Flight:
        flight = Flight(writes, pair)
        self.flying[flight] = None
        return flight

    def _end(self, flight: Flight, *, well: bool) -> None:
        del self.flying[flight]
        self.pace.landed(flight, well=well)
        self._send()

    def _send(self) -> None:
        while self._waiting:
            if self.pace.curious:
                if self._fresh():
                    return
                self.pace.look_later()
                self._send_two()
            elif self._room():
                self._launch(self._next(self.pace.size))
            else:
                return

    def _send_two(self) -> None:
        turns = self._next(2)
        pair = Pair() if len(turns) > 1 else None
        for turn in turns:
            self._launch([turn], pair)

    def _launch(self, turns: Sequence[Turn], pair: Pair | None = None) -> None:
        if len(turns) == 1:
            turns[0].lead_alone(self._single(turns[0], self._begin(1, pair)))
        elif turns:
            most_time = max(turns, key=lambda turn: turn.due)  # who has little is no reason for others to fail
            most_time.lead(self._several(turns, self._begin(len(turns), pair)))

    def _next(self, most: int) -> list[Turn]:
        """Those who wait for longest and may go together: no two write the same row."""
        group: dict[Any, Turn] = {}
        later = []
        while self._waiting and len(group) < most:
            turn = self._waiting.popleft()
            if turn.over:
                continue
            if turn.alone:
                if not group:
                    return [turn]
                later.append(turn)
                break
            if group.setdefault(turn.values.get("id", turn), turn) is not turn:
                later.append(turn)
        self._waiting.extendleft(reversed(later))
        return list(group.values())

    def _watch(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = asyncio.get_running_loop().call_later(STALLED, self._look)

    def _look(self) -> None:
        """Send what waits for statements that do not come back, and let nobody wait too long to be sent."""
        self._timer = None
        self._send()
        now = monotonic()
        for turn in self._waiting:
            if turn.until <= now:
                turn.fails(Busy())
        self._watch()

    async def _single(self, turn: Turn, flight: Flight) -> None:
        rows: Sequence[Any] | None = None
        problem: Exception = OutcomeUnknown()
        try:
            rows = await run(self.engine, self.grouped.single, turn.values, turn.caller)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            problem = error
        finally:
            self._end(flight, well=bool(rows))
            if rows is None:
                turn.fails(problem)
            else:
                turn.becomes(rows[0] if rows else None)

    async def _several(self, turns: Sequence[Turn], flight: Flight) -> None:
        """Let writes go together. What may have been stored is not tried again."""
        rows: Sequence[Any] = []
        landed: Sequence[tuple[Turn, Any]] = []
        left: Sequence[Turn] = []
        problem: Problem = OutcomeUnknown()
        try:
            rows = await self._rows(turns)
            landed = [(turns[row["number"]], row) for row in rows]
            written = {turn for turn, _ in landed}
            left = [turn for turn in turns if turn not in written and not turn.over]
        except Unavailable as known:
            problem = known
        except Problem:
            left = turns  # the database has refused the statement, for one of them perhaps: nothing has happened
        except Exception:
            log.exception("what was written cannot be read")
        finally:
            for turn in left:  # whose row is locked, or not there
                turn.alone = True
            self._waiting.extendleft(reversed(left))
            self._end(flight, well=bool(landed))  # first of all: the database works on while we answer
            for turn, row in landed:
                turn.becomes(row)
            if landed:
                tell(self.engine, turns[0].caller.workspace, followed=bool(rows[0]["followed"]))
            if not left:
                for turn in turns:
                    turn.fails(problem)
            self._watch()

    async def _rows(self, turns: Sequence[Turn]) -> Sequence[Any]:
        caller = turns[0].caller

        def arguments() -> list[Any]:
            given = [
                {"number": number, "request": turn.caller.request_id, **turn.values}
                for number, turn in enumerate(turns)
                if not turn.over
            ]
            return [caller.workspace, encode(given), caller.setting(quiet=self.grouped.single.quiet)]

        return await fetch(self.engine, self.grouped.sql, arguments, name=self.grouped.sql, writes=True)
