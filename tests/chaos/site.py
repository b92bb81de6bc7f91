"""A Donebook with a Postgres of its own, to be killed under load and started again."""

import asyncio
import random
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.chaos.history import History, Outcome, Verdict
from tests.chaos.load import Load
from tests.processes import postmaster
from tests.server import PATIENCE, Server
from tests.waiting import wait_until

SCENARIOS: dict[str, tuple[str, ...]] = {
    "the server": ("server",),
    "postgres": ("postgres",),
    "a backend of postgres": ("backend",),
    "the server, then postgres": ("server", "postgres"),
    "postgres, then the server": ("postgres", "server"),
    "every process": ("server", "everything"),
    "the server, and again while it starts": ("server", "start", "server"),
    "every process, while it stops": ("stop", "server", "everything"),
}
"""What is killed, one after another; `start` and `stop` begin to do so, and what follows does not wait for the end."""

BEFORE, AFTER = 150, 50  # acknowledged writes


@dataclass(frozen=True)
class Round:
    """What one round of load, death and return came to."""

    scenario: str
    figures: Counter[Outcome]
    repeated: int  # writes that were sent more than once
    silence: float  # s: the longest time in which nothing was acknowledged
    tasks: int
    verdict: Verdict
    surprises: list[str]


class Site:
    """The server, its data, and all that was ever asked of it."""

    def __init__(self, directory: Path, *, clients: int = 8, seed: int = 0) -> None:
        self.data = directory / "data"
        self.server = Server(directory, DATA_DIR=self.data, LOG_LEVEL="warning")
        self.history = History()
        self.clients = clients
        self.seed = seed
        self.random = random.Random(seed)
        self.ids: dict[str, str] = {}

    async def round(self, scenario: str) -> Round:
        """Kill what the scenario says in mid-load, have all back, and hold the list against the history."""
        before, repeated = self.history.figures, self.history.repeated
        self.seed += 1
        load = Load(self.server.url, self.history, clients=self.clients, seed=self.seed)
        load.ids = self.ids
        async with asyncio.timeout(4 * PATIENCE), load:
            await load.more(self.random.randint(BEFORE, 2 * BEFORE))
            for step in SCENARIOS[scenario]:
                await asyncio.sleep(self.random.random() * 0.05)  # so that each round hits another moment
                await self._do(step)
            if not self.alive:
                await asyncio.to_thread(self.server.start)
            await load.more(AFTER)
        listed = await self.listed()
        verdict = self.history.check(listed)
        return Round(
            scenario,
            self.history.figures - before,
            self.history.repeated - repeated,
            load.silence,
            len(listed),
            verdict,
            load.surprises,
        )

    async def listed(self) -> list[dict[str, object]]:
        """All tasks, as the server lists them."""
        async with httpx.AsyncClient(base_url=self.server.url, timeout=PATIENCE) as http:
            answer = await http.get("/tasks")
        assert answer.status_code == 200, answer.text
        tasks: list[dict[str, object]] = answer.json()
        return tasks

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self.server.process is not None and self.server.process.poll() is None

    @property
    def postmaster(self) -> psutil.Process | None:
        """The leading process of the Postgres, if it runs."""
        return postmaster(self.data)

    async def _do(self, step: str) -> None:
        match step:
            case "server":
                self.server.kill()
            case "postgres":
                kill(self.postmaster)
            case "everything":
                leader = self.postmaster
                kill(leader, *(leader.children() if leader else ()))
            case "backend":
                leader = self.postmaster
                kill(self.random.choice([child for child in leader.children() if serves(child)]) if leader else None)
            case "stop":
                assert self.server.process is not None
                self.server.process.send_signal(signal.SIGTERM)
            case "start":
                await self._start_and_interrupt()

    async def _start_and_interrupt(self) -> None:
        starting = asyncio.create_task(asyncio.to_thread(self.server.start))
        dead = self.server.process
        await asyncio.to_thread(wait_until, lambda: self.server.process is not dead)
        assert self.server.process is not None
        await asyncio.sleep(self.random.random())
        self.server.process.kill()
        await asyncio.gather(starting, return_exceptions=True)  # it may or may not have answered by then

    async def close(self) -> None:
        """Stop all that runs."""
        if not self.alive:
            await asyncio.to_thread(self.server.start)
        await asyncio.to_thread(self.server.stop)


def serves(process: psutil.Process) -> bool:
    """Whether a process of Postgres is there for a client, as its title says."""
    try:
        return "127.0.0.1(" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def kill(*processes: psutil.Process | None) -> None:
    """End processes without asking; some may be gone already."""
    for process in processes:
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.kill()
