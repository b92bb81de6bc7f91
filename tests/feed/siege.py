"""Followers who miss nothing while servers, connections and the database are killed around them."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from tests.conftest import NO_TLS
from tests.feed.copy import Copy, Json, read, snapshot
from tests.feed.follower import Follower, caught_up, following
from tests.feed.writers import writing
from tests.outages.cluster import Cluster, running
from tests.outages.made import embedded
from tests.server import Server

TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'donebook'"
FROZEN = 2.0  # s
BETWEEN = 60  # writes


class Siege:
    """Two servers on a PostgreSQL of their own, those who write, and those who follow."""

    def __init__(self, directory: Path, *, followers: int, seed: int) -> None:
        self.directory = directory
        self.random = random.Random(seed)
        self.cluster = Cluster(embedded(directory / "data"))
        self.servers: list[Server] = []
        self.followers = [Follower(self._anywhere) for _ in range(followers)]
        self.done: Counter[str] = Counter()
        self.events: dict[str, Callable[[], Awaitable[None]]] = {
            "kill a server": self._kill_server,
            "stop a server": self._stop_server,
            "end all database connections": self._terminate,
            "kill the database": lambda: self._restart(signal.SIGKILL),
            "stop the database": lambda: self._restart(signal.SIGINT),
            "freeze the database": self._freeze,
            "hang up": self._hang_up,
        }

    async def run(self, happens: list[str]) -> None:
        """Have all that happen while some write and the others follow, and hold what they saw against the log."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(self.cluster))
            for name in ("one", "two"):
                folder = self.directory / name
                folder.mkdir()
                server = Server(folder, DATABASE_URL=self.cluster.url, LOG_LEVEL="warning", CONNECT_TIMEOUT=4)
                self.servers.append(server)
                await asyncio.to_thread(server.start)
                stack.callback(server.kill)
            async with httpx.AsyncClient(base_url=self.servers[0].url, timeout=60, verify=NO_TLS) as http:
                first = await snapshot(http)
                async with following(*self.followers):
                    urls = [server.url for server in self.servers]
                    async with writing(urls, self.cluster.url, clients=4, statements=2) as more:
                        for event in happens:
                            await more(self.random.randint(1, BETWEEN))
                            await self.events[event]()
                            self.done[event] += 1
                        await more(BETWEEN)
                    await self._check(http, first)

    async def _check(self, http: httpx.AsyncClient, first: Json) -> None:
        """Each got every change once, in order, as it was logged; and a copy that follows the rules is exact."""
        log, _ = await read(http, "0")
        assert [change["seq"] for change in log] == list(range(1, len(log) + 1))
        await caught_up(*self.followers, seq=len(log))
        for follower in self.followers:
            assert follower.refused == []
            assert follower.seqs == list(range(1, len(log) + 1))
            for change, logged in zip(follower.changes, log, strict=True):
                assert logged in (change, {**change, "diff": {}})  # when the task was deleted for good since
        copy = Copy(first)
        for change in self.followers[0].changes:
            copy.lay(change)
        assert copy.arranged() == (await snapshot(http))["tasks"]

    def _anywhere(self) -> str:
        return self.random.choice(self.servers).url

    async def _kill_server(self) -> None:
        server = self.random.choice(self.servers)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)

    async def _stop_server(self) -> None:
        server = self.random.choice(self.servers)
        assert await asyncio.to_thread(server.stop) == 0
        await asyncio.to_thread(server.start)

    async def _terminate(self) -> None:
        await self.cluster.admin(TERMINATE)

    async def _restart(self, how: signal.Signals) -> None:
        self.cluster.stop(how)
        await asyncio.to_thread(self.cluster.gone)
        self.cluster.start()
        await self.cluster.ready()

    async def _freeze(self) -> None:
        self.cluster.freeze()
        await asyncio.sleep(FROZEN)
        self.cluster.thaw()

    async def _hang_up(self) -> None:
        for follower in self.random.sample(self.followers, k=max(1, len(self.followers) // 2)):
            follower.hangs_up = True
