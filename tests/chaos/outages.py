"""One Donebook under load, whose database, pooler and connections are hurt again and again while it lives on."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic

from tests.chaos.history import History, Outcome, Verdict
from tests.chaos.load import Load
from tests.database.catalogue import HEAD
from tests.database.clusters import EMBEDDED
from tests.database.commands import Checkout
from tests.outages.cluster import Cluster, running
from tests.outages.made import made
from tests.outages.proxy import Trap
from tests.outages.site import Site, site
from tests.waiting import until

BEFORE, AFTER = 70, 40  # acknowledged writes
WRITES = "word-"  # is in every message that creates or changes a task, and in every key
ACKNOWLEDGEMENTS = 3  # dropped in one round
LONG = 240.0  # s: no round may last that long

KILLED = "`kill -9` of Postgres"
STOPPED = "immediate stop of Postgres"
RESTARTED = "restart of Postgres, as for maintenance"
TERMINATED = "`pg_terminate_backend` of all"
DROPPED = "dropped acknowledgement"
FROZEN = "SIGSTOP of Postgres"
POOLER = "restart of the pooler"
MIGRATED = "`donebook database upgrade` adds a column, `downgrade` drops it"

ADD = "ALTER TABLE tasks ADD COLUMN another text NOT NULL DEFAULT 'x'"
DROP = "ALTER TABLE tasks DROP COLUMN another"

DIRECT_EVENTS = (KILLED, STOPPED, RESTARTED, TERMINATED, DROPPED, FROZEN, MIGRATED)


@dataclass
class Tally:
    """What the rounds of one event came to."""

    rounds: int = 0
    figures: Counter[Outcome] = field(default_factory=Counter)
    repeated: int = 0
    waits: list[float] = field(default_factory=list)  # s: from when the database accepts again to the first success
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def wait(self) -> str:
        """The middle and the longest wait."""
        return f"{median(self.waits):.2f} / {max(self.waits):.2f} s"


class Siege:
    """A site, everything that was ever asked of it, and what came of it, event by event."""

    def __init__(
        self, there: Site, cluster: Cluster, *, clients: int, frozen: float, seed: int, before: int = BEFORE
    ) -> None:
        self.site = there
        self.cluster = cluster
        self.checkout = Checkout(there.server.directory / "checkout")
        self.checkout.revise("Another column", ADD, DROP)
        self.clients = clients
        self.frozen = frozen  # s
        self.before = before
        self.random = random.Random(seed)
        self.history = History()
        self.ids: dict[str, str] = {}
        self.tallies: dict[str, Tally] = {}
        self.faults: dict[str, str] = {}
        """Every fault that was found, and after which event."""

    @property
    def events(self) -> tuple[str, ...]:
        """What can happen on this way to the database."""
        return (*DIRECT_EVENTS, POOLER) if self.site.pooler else DIRECT_EVENTS

    async def round(self, event: str) -> None:
        """Load, the event in the midst of it, load again; then hold the list against the history."""
        before, repeated = self.history.figures, self.history.repeated
        load = Load(self.site.server.url, self.history, clients=self.clients, seed=self.random.randrange(1 << 32))
        load.ids = self.ids
        async with asyncio.timeout(LONG), load:
            await load.more(self.random.randint(self.before, 2 * self.before))
            await self._do(event, load)
            back, behind = monotonic(), len(load.acknowledged)
            await load.more(AFTER)
        tally = self.tallies.setdefault(event, Tally())
        tally.rounds += 1
        tally.waits.append(next((at for at in load.acknowledged[behind:] if at >= back), back) - back)
        tally.figures += self.history.figures - before
        tally.repeated += self.history.repeated - repeated
        self._note(event, tally, self.history.check(await self._listed()), load.surprises)

    async def _do(self, event: str, load: Load) -> None:
        """Let it happen; at the end of this the database is there again."""
        match event:
            case "`kill -9` of Postgres":
                await self._restart(signal.SIGKILL)
            case "immediate stop of Postgres":
                await self._restart(signal.SIGQUIT)
            case "restart of Postgres, as for maintenance":
                await self._restart(signal.SIGINT)
            case "`pg_terminate_backend` of all":
                await self.cluster.admin(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'donebook'"
                )
            case "dropped acknowledgement":
                for _ in range(ACKNOWLEDGEMENTS):
                    self.site.proxy.catch(WRITES, Trap.AFTER)
                await until(self._caught)
            case "SIGSTOP of Postgres":
                self.cluster.freeze()
                await asyncio.sleep(self.frozen)
                self.cluster.thaw()
            case "restart of the pooler":
                assert self.site.pooler is not None
                self.site.pooler.kill()
                await asyncio.sleep(self.random.random() * 0.3)
                await self.site.pooler.start()
            case _:
                failed = await self._failed()
                await self._database("upgrade")
                await load.more(AFTER)
                await self._database("downgrade", str(HEAD))
                await load.more(AFTER)
                if failed != await self._failed():
                    load.surprises.append(f"{event}: {await self._failed() - failed:.0f} requests were answered 503")

    async def _failed(self) -> float:
        """How many requests were answered 503 so far, those that clients sent again included."""
        return await self.site.metric("donebook_requests_total", status="503")

    async def _database(self, command: str, revision: str = "head") -> None:
        """`donebook database …` of a checkout with one revision more, with the settings of the server."""
        settings = {name: value for name, value in self.site.server.environment.items() if name.startswith("DATABASE_")}
        arguments = (command, "--no-prompt", revision)
        await asyncio.to_thread(self.checkout.database, "donebook", *arguments, **settings)

    async def _restart(self, how: signal.Signals) -> None:
        self.cluster.stop(how)
        await asyncio.to_thread(self.cluster.gone)
        self.cluster.start()
        await self.cluster.ready()

    async def _caught(self) -> bool:
        return self.site.proxy.caught

    async def _listed(self) -> list[dict[str, object]]:
        answer = await self.site.http.get("/tasks")
        assert answer.status_code == 200, answer.text
        tasks: list[dict[str, object]] = answer.json()
        return tasks

    def _note(self, event: str, tally: Tally, verdict: Verdict, surprises: list[str]) -> None:
        found = [*verdict.faults.items(), ("unexpected", surprises)]
        for kind, cases in found:
            for case in cases:
                if self.faults.setdefault(f"{kind}: {case}", event) is event:
                    tally.faults[kind] += 1


@asynccontextmanager
async def siege(
    mode: str,
    directory: Path,
    *,
    postgres: str = EMBEDDED,
    clients: int = 16,
    frozen: float = 10.0,
    seed: int = 0,
    before: int = BEFORE,
    **settings: object,
) -> AsyncIterator[Siege]:
    """A siege of a server on a cluster of its own, of that kind, reached directly or through a pooler."""
    async with AsyncExitStack() as stack:
        cluster = Cluster(stack.enter_context(made(postgres, directory / "data")))
        await stack.enter_async_context(running(cluster))
        there = await stack.enter_async_context(site(mode, cluster.url, directory, LOG_LEVEL="warning", **settings))
        yield Siege(there, cluster, clients=clients, frozen=frozen, seed=seed, before=before)
