"""Many who follow the log: how soon a change arrives at all of them, and what memory each takes."""

import asyncio
import json
import resource
import time
from pathlib import Path
from statistics import quantiles

from bench import compare, report
from bench.cluster import Cluster
from bench.contestant import DONEBOOK
from bench.http import Client
from bench.serving import serving

CROWDS = (1000, 5000)
CHANGES, EVERY = 20, 0.5  # changes, and s between them
STREAM = b"GET /api/v1/changes/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n"
PATIENCE = 60.0  # s


def section(cluster: Cluster, folder: Path) -> list[str]:
    """What the results say of it."""
    compare.prepare(cluster, [DONEBOOK], 1000)
    rows = [row(cluster, folder, crowd) for crowd in CROWDS]
    head = ["followers", "p50", "p99", "slowest", "memory each"]
    text = f"From a change's request to its event, over {CHANGES} changes and all followers of one process:"
    return ["## Followers of the log", text, report.table(head, rows)]


def row(cluster: Cluster, folder: Path, crowd: int) -> list[str]:
    """What a crowd of followers sees."""
    wanted = crowd + 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, 1024), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    url = cluster.create(DONEBOOK.slug, template=compare.template(DONEBOOK))
    with serving(DONEBOOK, url, folder) as servers:
        before = servers.memory(peak=False)
        times, during = asyncio.run(follow(servers.ports[0], crowd, lambda: servers.memory(peak=False)))
    cuts = quantiles(times, n=100)
    found = [f"{1000 * seconds:.0f} ms" for seconds in (cuts[49], cuts[98], max(times))]
    print(f"  {crowd} followers: {', '.join(found)}", flush=True)
    return [f"{crowd:,}", *found, f"{1024 * (during - before) / crowd:.0f} kB"]


async def follow(port: int, crowd: int, memory: object) -> tuple[list[float], float]:
    """The seconds that each event took to each follower, and the server's memory in MB meanwhile.

    Raises:
        TimeoutError: when a change does not arrive.
    """
    assert callable(memory)  # noqa: S101
    followers = [await Follower.open(port) for _ in range(crowd)]
    watching = [asyncio.create_task(one.watch()) for one in followers]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one.begun.wait() for one in followers))
    during = memory()
    for number in range(CHANGES):
        await asyncio.to_thread(change, port, number)
        await asyncio.sleep(EVERY)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*watching)
    return [seconds for one in followers for seconds in one.times], during


def change(port: int, number: int) -> None:
    """Add a task whose title says when."""
    with Client("127.0.0.1", port) as http:
        title = f"{number} {time.time()}"
        http.request("POST", "/api/v1/tasks", json.dumps({"title": title}).encode())


class Follower:
    """One who follows the log, and notes how long each change took."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.begun = asyncio.Event()
        self.times: list[float] = []

    @classmethod
    async def open(cls, port: int) -> "Follower":
        """A follower, connected."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(STREAM % port)
        return cls(reader, writer)

    async def watch(self) -> None:
        """Take events until all changes were seen."""
        while len(self.times) < CHANGES:
            line = await self.reader.readline()
            if line.startswith(b"retry:"):
                self.begun.set()
            elif line.startswith(b"data: {"):
                title = json.loads(line[6:])["diff"]["title"][1]
                self.times.append(time.time() - float(title.split()[1]))
            elif not line:
                raise ConnectionError("a stream has ended")
        self.writer.close()
