"""Load on Donebook: `python -m bench.load`, on a server and data of its own, or on a running one with `--url`.

A closed loop: each of so many clients sends its next request when the last one is answered, and takes no pause.
Creating and deleting keep the list at about the length it has (`--tasks`), because what a list costs depends on it.
Clients are threads of a few processes; `generator` is how much of one CPU they took from a server on the same machine.
With `--url` the tasks stay on that server.
"""

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from threading import Thread
from urllib.parse import urlsplit

from bench.http import Client
from bench.start import PORT, start, stop

MIX = {"list": 2, "create": 3, "update": 3, "delete": 3}
DESCRIPTION = "Two bottles, the blue ones, and something for the neighbour's cat. " * 2

type Samples = dict[str, list[float]]  # s, of each operation


@dataclass(frozen=True)
class Plan:
    """What is asked of which server, by how many clients, for how many seconds."""

    host: str
    port: int
    clients: int
    seconds: float
    mix: dict[str, int]
    processes: int


def client(plan: Plan, seed: int, samples: Samples) -> None:
    """One client: it changes and deletes what it has created itself."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret with it
    kinds, weights = list(plan.mix), list(plan.mix.values())
    own: list[str] = []
    until = time.monotonic() + plan.seconds
    with Client(plan.host, plan.port) as http:
        while time.monotonic() < until:
            kind = chance.choices(kinds, weights)[0]
            if kind in ("update", "delete") and not own:
                kind = "create"
            method, path, body = request(kind, own, chance)
            began = time.perf_counter()
            status, answer = http.request(method, path, body)
            samples[kind].append(time.perf_counter() - began)
            if status not in (200, 201, 204):
                raise RuntimeError(f"{method} {path}: {status} {answer[:200]!r}")
            if kind == "create":
                own.append(json.loads(answer)["id"])


def request(kind: str, own: list[str], chance: random.Random) -> tuple[str, str, bytes]:
    """The method, path and body of an operation."""
    if kind == "list":
        return "GET", "/tasks", b""
    if kind == "create":
        return "POST", "/tasks", json.dumps({"title": "Buy milk", "description": DESCRIPTION}).encode()
    if kind == "update":
        body = {"title": "Buy oat milk", "completed": chance.random() < 0.5}
        return "PUT", f"/tasks/{chance.choice(own)}", json.dumps(body).encode()
    return "DELETE", f"/tasks/{own.pop(chance.randrange(len(own)))}", b""


def process(plan: Plan, number: int, results: Connection) -> None:
    """Some of the clients, as threads; sends back their samples and the CPU time that they took."""
    seeds = range(number, plan.clients, plan.processes)
    shares: list[Samples] = [defaultdict(list) for _ in seeds]
    threads = [Thread(target=client, args=(plan, *each)) for each in zip(seeds, shares, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.send((merged(shares), time.process_time()))


def load(plan: Plan) -> tuple[Samples, float]:
    """The samples of all clients, and the share of one CPU that they took."""
    running = []
    for number in range(plan.processes):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        running.append((multiprocessing.Process(target=process, args=(plan, number, theirs)), ours))
    for started, _ in running:
        started.start()
    results = [result.recv() for _, result in running]
    for started, _ in running:
        started.join()
    return merged([samples for samples, _ in results]), sum(used for _, used in results) / plan.seconds


def merged(shares: list[Samples]) -> Samples:
    """All samples together."""
    every: Samples = defaultdict(list)
    for share in shares:
        for kind, times in share.items():
            every[kind] += times
    return dict(every)


def length(host: str, port: int) -> tuple[int, float]:
    """How long the list is, and how many seconds it took."""
    with Client(host, port) as http:
        began = time.perf_counter()
        _, body = http.request("GET", "/tasks")
        return len(json.loads(body)), time.perf_counter() - began


def fill(host: str, port: int, wanted: int) -> None:
    """Create tasks until the list is so long."""
    with Client(host, port) as http:
        for _ in range(wanted - length(host, port)[0]):
            http.request(*request("create", [], random.Random()))  # noqa: S311


def row(name: str, times: list[float], seconds: float) -> str:
    """A row of the table; times in ms."""
    cuts = quantiles(times, n=100)
    cells = [1000 * cut for cut in (cuts[49], cuts[94], cuts[98], max(times))]
    return f"{name:10} {len(times):8} {len(times) / seconds:8.0f} " + " ".join(f"{cell:8.1f}" for cell in cells)


def measure(where: tuple[str, int], chosen: argparse.Namespace) -> None:
    """Fill, load, and print a table."""
    fill(*where, chosen.tasks)
    mix = {chosen.only: 1} if chosen.only else MIX
    before = length(*where)[0]
    samples, used = load(Plan(*where, chosen.clients, chosen.seconds, mix, chosen.processes))
    after, seconds = length(*where)
    print(f"{chosen.clients} clients for {chosen.seconds:g} s, a list of {before} to {after} tasks")
    print(f"generator: {used:.0%} of a CPU\n")
    print("operation  requests    req/s   p50 ms   p95 ms   p99 ms   max ms")
    for kind in sorted(samples, key=list(MIX).index):
        print(row(kind, samples[kind], chosen.seconds))
    print(row("all", [one for times in samples.values() for one in times], chosen.seconds))
    print(f"\none list of {after} tasks, alone: {1000 * seconds:.0f} ms")


def main() -> None:
    """Measure the server that is named, or one of our own."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", help="a running server; the tasks stay there")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--tasks", type=int, default=100, help="how long the list is made before")
    parser.add_argument("--only", choices=("list", "create"), help="one operation alone")
    parser.add_argument("--processes", type=int, default=min(4, 2 * (os.cpu_count() or 1)))
    chosen = parser.parse_args()
    if chosen.url:
        url = urlsplit(chosen.url)
        measure((url.hostname or "127.0.0.1", url.port or 80), chosen)
        return
    with tempfile.TemporaryDirectory(prefix="donebook-bench-") as folder:
        data = Path(folder) / "data"
        server, _ = start(data, PORT)
        try:
            measure(("127.0.0.1", PORT), chosen)
        finally:
            stop(server, data)


if __name__ == "__main__":
    main()
