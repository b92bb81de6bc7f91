"""A database that is far away: how often each operation goes there and back, and what that comes to at 10 ms a way."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from tests.database.wire import Wire, forwarder

from bench import compare, report
from bench.cluster import Cluster
from bench.contestant import CREATE, DELETE, DONEBOOK, GET, LIST, SEARCH, UPDATE, Contestant
from bench.data import fill
from bench.http import Client
from bench.serving import serving
from bench.warm import filled

EACH_WAY = 0.010  # s
TASKS, WARM_UP, TIMES = 1000, 60, 20
OPERATIONS = (LIST, GET, SEARCH, UPDATE, DELETE, CREATE)


def section(cluster: Cluster, folder: Path, taking_part: list[Contestant]) -> list[str]:
    """What the results say of it."""
    compare.prepare(cluster, taking_part, TASKS)
    kinds: list[tuple[str, Contestant, dict[str, str]]] = [(one.name, one, {}) for one in taking_part]
    if DONEBOOK in taking_part:
        kinds.insert(1, (f"{DONEBOOK.name}, behind a pooler", DONEBOOK, {"DATABASE_POOLER": "transaction"}))
    rows = []
    for name, one, settings in kinds:
        url = cluster.create(one.slug, template=compare.template(one))
        fill(url, TASKS + 1, TASKS + WARM_UP + TIMES, donebook=one.donebook)
        with wire(cluster) as line, serving(one, through(url, line.port), folder, settings=settings) as servers:
            cells = [trips(servers.ports[0], one, operation, line) for operation in OPERATIONS]
        print(f"  {name}: {', '.join(cells)}", flush=True)
        rows.append([name, *cells])
    return [
        f"## Round trips to the database, and p50 when it is {EACH_WAY * 1000:g} ms away each way",
        "One client, one request after the other; counted by a forwarder that reads PostgreSQL's protocol.",
        report.table(["", *OPERATIONS], rows),
    ]


def trips(port: int, contestant: Contestant, operation: str, line: Wire) -> str:
    """How often an operation waits for the database, and its p50 in ms at that distance."""
    request = contestant.requests.get(operation)
    if request is None:
        return ""
    first = TASKS + 1 if request.once else 1
    todo = filled(request, (first, first + WARM_UP + TIMES - 1), iter(range(WARM_UP + TIMES)), WARM_UP + TIMES)
    took, counted = [], []
    with Client("127.0.0.1", port) as http:
        for number, (method, path, body) in enumerate(todo):
            line.delay = EACH_WAY if number >= WARM_UP else 0.0
            line.clear()
            began = time.perf_counter()
            status, _ = http.request(method, path, body)
            if status >= 300:
                raise SystemExit(f"{contestant.name}: {method} {path}: {status}")
            took.append(time.perf_counter() - began)
            counted.append(line.round_trips)
    line.delay = 0.0
    return f"{median(counted[WARM_UP:]):g}: {1000 * median(took[WARM_UP:]):.0f} ms"


@contextmanager
def wire(cluster: Cluster) -> Iterator[Wire]:
    """A forwarder to the database, on a thread of its own."""
    ready, over = threading.Event(), asyncio.Event()
    made: list[tuple[Wire, asyncio.AbstractEventLoop]] = []

    async def run() -> None:
        async with forwarder(cluster.port) as line:
            made.append((line, asyncio.get_running_loop()))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    ready.wait()
    line, loop = made[0]
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def through(url: str, port: int) -> str:
    """The same URL, but by another port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()
