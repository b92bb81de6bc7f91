"""Group commit: writes that would wait for one another anyway go to the database together.

Who writes in a workspace has its place in the log until the commit, so that writes of the same moment wait in a row,
each for the commit of the one before. A write that comes while the database is busy with others of its kind waits here
instead, and what has gathered by then is one statement, one round trip and one commit. A write that finds nobody there
goes at once, by itself; none waits for others to come.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextvars import copy_context
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.bulk import encode
from donebook.db.caller import Caller
from donebook.db.grouped import Grouped
from donebook.db.limits import Limits
from donebook.db.session import fetch, run, tell
from donebook.problems import Busy, Problem, Unavailable

MOST = 64
"""Writes that go together: with more, the first would wait long for the last."""
START = 4
"""Statements in flight before anything is known of how they get on with each other."""
SLOWER = 1.5
"""Times the quickest: a statement that takes longer has waited for another, or its group is large."""
NOISE = 0.001  # s: a difference that says nothing
FORGETTING = 1.001
"""By so much the quickest is trusted less with every statement: the way to the database may have become longer."""
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
    """The writes of one kind, one actor and one workspace.

    As many statements are in flight as do not hold each other up, which shows in how long they take. Where the way to
    the database is long that is many. Where they wait for each other's commit it is one, and the next gathers the more.
    """

    def __init__(self, engine: AsyncEngine, grouped: Grouped[Any], limits: Limits) -> None:
        self.engine = engine
        self.grouped = grouped
        self.most = limits.pool_size
        self.patience = limits.pool_timeout
        self.flying: dict[object, float] = {}  # statements, and since when
        self._limit = min(START, self.most)
        self._quickest = inf
        self._waiting: deque[Write] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def row(self, values: Mapping[str, Any], caller: Caller) -> Any:
        """The row that the write gives, or None."""
        if not self._waiting and self._room():
            return await self._alone(values, caller)
        write = Write(values, caller, self.patience)
        self._waiting.append(write)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STALLED, self._look)
        return await write.outcome

    async def _alone(self, values: Mapping[str, Any], caller: Caller) -> Any:
        flight, well = self._begin(), False
        try:
            rows = await run(self.engine, self.grouped.single, values, caller)
            well = True
        finally:
            self._end(flight, well=well)
        return rows[0] if rows else None

    def _room(self) -> bool:
        if len(self.flying) < self._limit:
            return True
        early = monotonic() - STALLED
        return len(self.flying) < self.most and sum(since > early for since in self.flying.values()) < self._limit

    def _begin(self) -> object:
        flight = object()
        self.flying[flight] = monotonic()
        return flight

    def _end(self, flight: object, *, well: bool) -> None:
        took = monotonic() - self.flying.pop(flight)
        if well and took <= self._quickest * SLOWER + NOISE:
            self._limit = min(self._limit + 1, self.most)
        else:
            self._limit = max(self._limit // 2, 1)
        if well:
            self._quickest = min(took, self._quickest * FORGETTING)
        self._send()

    def _send(self) -> None:
        while self._waiting and self._room():
            if writes := self._next():
                flight = self._begin()
                one = len(writes) == 1
                going = self._single(writes[0], flight) if one else self._several(writes, flight)
                _start(going, writes[0])  # whose answer is due first

    def _next(self) -> Sequence["Write"]:
        """Those who wait for longest and may go together: no two write the same row."""
        group: dict[Any, Write] = {}
        later = []
        while self._waiting and len(group) < MOST:
            write = self._waiting.popleft()
            if write.outcome.done():
                continue  # nobody waits for it any more
            if group.setdefault(write.values.get("id", write), write) is not write:
                later.append(write)
        self._waiting.extendleft(reversed(later))
        return list(group.values())

    def _look(self) -> None:
        """Send what waits for statements that do not come back, and let nobody wait too long to be sent."""
        self._send()
        now = monotonic()
        for write in self._waiting:
            if write.until <= now:
                write.fails(Busy())
        self._timer = asyncio.get_running_loop().call_later(STALLED, self._look) if self._waiting else None

    async def _single(self, write: "Write", flight: object) -> None:
        well = False
        try:
            rows = await run(self.engine, self.grouped.single, write.values, write.caller)
            well = True
            write.becomes(rows[0] if rows else None)
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            write.fails(error)
        finally:
            self._end(flight, well=well)

    async def _several(self, writes: Sequence["Write"], flight: object) -> None:
        """Let writes go together. Whatever may have been stored is not tried again."""
        well = False
        try:
            rows = await self._rows(writes)
            well = True
        except Unavailable as problem:
            _all_fail(writes, problem)
            return
        except Problem:  # it was refused as a whole: nothing has happened
            self._one_by_one(writes)
            return
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            _all_fail(writes, error)
            return
        finally:
            self._end(flight, well=well)
        for row in rows:
            writes[row["number"]].becomes(row)
        given = {row["number"] for row in rows}
        self._one_by_one(write for number, write in enumerate(writes) if number not in given)  # locked, or not there
        if rows:
            tell(self.engine, writes[0].caller.workspace, followed=bool(rows[0]["followed"]))

    def _one_by_one(self, writes: Iterable["Write"]) -> None:
        for write in writes:
            _start(self._single(write, self._begin()), write)

    async def _rows(self, writes: Sequence["Write"]) -> Sequence[Any]:
        given = [
            {"number": number, "request": write.caller.request_id, **write.values}
            for number, write in enumerate(writes)
        ]
        caller = writes[0].caller
        arguments = [caller.workspace, encode(given), caller.setting(quiet=self.grouped.single.quiet)]
        return await fetch(self.engine, self.grouped.sql, arguments, name=self.grouped.sql, writes=True)


class Write:
    """A write that waits for its turn."""

    __slots__ = ("caller", "context", "outcome", "until", "values")

    def __init__(self, values: Mapping[str, Any], caller: Caller, patience: float) -> None:
        self.values = values
        self.caller = caller
        self.until = monotonic() + patience
        self.context = copy_context()  # it has by when the request must be answered
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def becomes(self, row: Any) -> None:
        """Tell whoever waits, if he still does."""
        if not self.outcome.done():
            self.outcome.set_result(row)

    def fails(self, error: Exception) -> None:
        """The same when it went wrong."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


def _all_fail(writes: Sequence[Write], error: Exception) -> None:
    for write in writes:
        write.fails(error)


_FLYING: set[asyncio.Task[None]] = set()
"""Asyncio itself does not keep tasks."""


def _start(flight: Coroutine[Any, Any, None], write: Write) -> None:
    """Do something as if it was a part of a write's request."""
    task = asyncio.get_running_loop().create_task(flight, context=write.context)
    _FLYING.add(task)
    task.add_done_callback(_FLYING.discard)
