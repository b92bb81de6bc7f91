"""Whoever follows the log in this process, and the one connection on which it is read for all of them.

It is open while somebody follows, and only then: else the database may sleep.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from time import monotonic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook import metrics
from donebook.changes.cursor import LAST
from donebook.changes.feed import PAGES, Entities, Page, pages
from donebook.changes.line import OwnLine, own_line, pool_line
from donebook.changes.ring import Ring
from donebook.db.bell import Tell, bell_of
from donebook.db.errors import DATABASE_ERRORS
from donebook.problems import Problem

log = logging.getLogger("donebook.changes")

POLL = 1.0  # s: how long a change goes unnoticed at most, when nobody says a word of it
TOGETHER = 0.01  # s: after a word, for those that follow it at once
PACE = 0.005  # s: between full pages, for those who follow to keep up
PAGE = 500  # changes, of all workspaces together
SIZE = 250_000  # characters of differences, likewise
BACK = 60_000  # the same, for one who reads the log itself
LEASE, RENEW = 60, 20.0  # s: for how long those who write believe that somebody follows, and when they are told again
LAST_WORDS = 0.5  # s: when the server stops, for those who follow to be told so

# Never waits for who writes just now: there is another round soon.
FREE = "SELECT workspace_id FROM logs WHERE workspace_id = ANY ($1) FOR NO KEY UPDATE SKIP LOCKED"
FOLLOW = f"""
WITH free AS ({FREE})
UPDATE logs SET followed_until = now() + interval '{LEASE} s' FROM free WHERE logs.workspace_id = free.workspace_id
RETURNING logs.workspace_id, followed_until
"""  # noqa: S608 - nothing comes from outside
LEAVE = f"""
WITH free AS ({FREE})
UPDATE logs SET followed_until = NULL FROM free, unnest($1::uuid[], $2::timestamptz[]) AS given (workspace_id, lease)
WHERE logs.workspace_id = free.workspace_id AND logs.workspace_id = given.workspace_id AND followed_until = lease
"""  # noqa: S608 - nothing comes from outside


class Hub:
    """Reads what is new in the workspaces that are followed, as soon as it is told, and each second anyway."""

    def __init__(self, engine: Callable[[], AsyncEngine], entities: Entities) -> None:
        self.engine = engine
        self.entities = entities
        self.closing = False
        self.reading_back = asyncio.Semaphore(2)
        """How many may read the log itself at a time: the pool is for requests."""
        self._rings: dict[UUID, Ring] = {}
        self._left: dict[UUID, object] = {}
        self._word = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._drops: set[Callable[[], None]] = set()

    @asynccontextmanager
    async def following(self, workspace: UUID, drop: Callable[[], None]) -> AsyncIterator[Ring]:
        """The ring of a workspace, kept up to date meanwhile; `drop` cuts off who follows and does not listen."""
        ring = self._rings.get(workspace)
        if ring is None or ring.over:
            ring = self._rings[workspace] = Ring()
            self._word.set()
        ring.followers += 1
        ring.over = ring.over or self.closing
        self._drops.add(drop)
        metrics.SUBSCRIBERS.inc()
        if not self.closing and (self._task is None or self._task.done()):
            bell_of(self.engine()).wake = self._wake
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())
        try:
            yield ring
        finally:
            metrics.SUBSCRIBERS.dec()
            self._drops.discard(drop)
            ring.followers -= 1
            if not ring.followers and self._rings.get(workspace) is ring:
                del self._rings[workspace]
                self._left[workspace] = ring.lease
                self._word.set()

    def close(self) -> None:
        """End all streams now, because the server stops: whoever follows goes on elsewhere."""
        self.closing = True
        for ring in self._rings.values():
            ring.end()
        if self._drops:
            asyncio.get_running_loop().call_later(LAST_WORDS, self._drop)

    def _drop(self) -> None:
        for drop in list(self._drops):
            drop()

    async def stop(self) -> None:
        """Let go of the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _wake(self, workspace: UUID) -> bool:
        if workspace not in self._rings:
            return False
        self._word.set()
        return True

    async def _run(self) -> None:
        """Read on while anybody follows, whatever becomes of the database."""
        self._word.clear()  # that there is a connection, or cannot be one, is the first
        while self._rings:
            try:
                async with own_line(self.engine(), self._wake, self._word.set) as line:
                    while self._rings:
                        await self._listen()
                        await self._round(line)
            except Exception:
                log.exception("unexpected error")  # a mistake of ours: those who follow begin anew
                for ring in self._rings.values():
                    ring.end()
                await asyncio.sleep(POLL)

    async def _listen(self) -> None:
        """Wait for a word, or until it is time to look anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._word.wait()
            await asyncio.sleep(TOGETHER)
        self._word.clear()

    async def _round(self, line: OwnLine) -> None:
        """Read all that is new; by the pool while there is no other way."""
        if (ask := line.ask) is None:
            with suppress(Problem, *DATABASE_ERRORS):
                await self._read_on(pool_line(self.engine()))
            return
        try:
            await self._follow(ask)
            await self._leave(ask)
            await self._read_on(ask)
        except DATABASE_ERRORS as error:
            log.debug("the connection of those who follow is lost", extra={"error": type(error).__name__})
            line.lost()

    async def _read_on(self, ask: Tell) -> None:
        while self._rings and await self._read(ask):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(PACE)

    async def _read(self, ask: Tell) -> bool:
        """Read a page of each workspace; whether there is more."""
        rings = dict(self._rings)
        heads = [LAST if ring.epoch is None else ring.head for ring in rings.values()]
        share = max(1, len(rings))
        found = pages(await ask(PAGES, [list(rings), heads, PAGE // share + 1, SIZE // share + 1]))
        more = False
        for workspace, ring in rings.items():
            if workspace not in found:
                ring.end()
            elif not ring.over:
                more = ring.take(found[workspace], self.entities) or more
        return more

    async def _follow(self, ask: Tell) -> None:
        """Have those who write know that somebody follows."""
        due = [workspace for workspace, ring in self._rings.items() if monotonic() - ring.leased > RENEW]
        if not due:
            return
        for row in await ask(FOLLOW, [due]):
            if (ring := self._rings.get(row["workspace_id"])) is not None:
                ring.leased, ring.lease = monotonic(), row["followed_until"]

    async def _leave(self, ask: Tell) -> None:
        """Have them know that nobody does any more, as far as we know."""
        left, self._left = {key: lease for key, lease in self._left.items() if key not in self._rings}, {}
        if left:
            await ask(LEAVE, [list(left), list(left.values())])

    async def page(self, workspace: UUID, after: int) -> Page | None:
        """What the log itself says behind a number; None when there is no log any more.

        Raises:
            Problem: what the database said.
        """
        async with self.reading_back:
            rows = await pool_line(self.engine())(PAGES, [[workspace], [after], PAGE, BACK])
        return pages(rows).get(workspace)
