"""The comparison: every contestant in turn, round after round, on copies of the same data."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import data
from bench.cluster import Cluster, execute
from bench.contestant import Contestant, Request
from bench.serving import serving
from bench.warm import warm
from bench.wrk import Measured, load

WARM_UP = 20  # requests of each connection
FASTEST = 25_000  # deletes a second that there are enough tasks for
OURS = 8_000  # the same for Donebook, whose tasks take longer to make


@dataclass(frozen=True)
class Load:
    """How much load there is: connections, seconds a run, tasks in the table, server processes."""

    connections: int = 32
    seconds: float = 5.0
    tasks: int = 1000
    processes: int = 1


@dataclass
class Result:
    """What a contestant showed, round after round."""

    runs: dict[str, list[Measured]] = field(default_factory=lambda: defaultdict(list))
    starts: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def rate(self, operation: str) -> float | None:
        """Requests a second, the median of the rounds; None when it was not asked for."""
        return median(run.rate for run in self.runs[operation]) if self.runs.get(operation) else None

    def p50(self, operation: str) -> float:
        """The median of the rounds, in ms."""
        return median(run.p50 for run in self.runs[operation])

    def p99(self, operation: str) -> float:
        """The median of the rounds, in ms."""
        return median(run.p99 for run in self.runs[operation])


def prepare(cluster: Cluster, contestants: Iterable[Contestant], tasks: int) -> None:
    """A database with the data for each kind of contestant, to be copied."""
    made = set()
    for contestant in contestants:
        if contestant.slug in made:
            continue
        made.add(contestant.slug)
        url = cluster.create(template(contestant))
        (data.migrated if contestant.donebook else data.plain)(url)
        for column in contestant.columns:
            execute(url, f"ALTER TABLE tasks ADD COLUMN {column}")
        data.fill(url, 1, tasks, donebook=contestant.donebook)


def template(contestant: Contestant) -> str:
    """The name of the database that is copied for it."""
    return f"{contestant.slug}_template"


def turn(
    cluster: Cluster,
    contestant: Contestant,
    operations: Iterable[str],
    *,
    given: Load,
    folder: Path,
    result: Result,
) -> None:
    """One contestant's turn: started on a fresh copy, asked for each operation, stopped."""
    url = cluster.create(contestant.slug, template=template(contestant))
    cluster.settle()
    with serving(contestant, url, folder, processes=given.processes) as servers:
        result.starts.append(servers.started_in)
        for operation in operations:
            if request := contestant.requests.get(operation):
                measured = measure(servers.ports, request, given, url, contestant)
                result.runs[operation].append(measured)
                print(f"  {contestant.name}: {operation} {measured.rate:.0f}/s, p99 {measured.p99:.1f} ms", flush=True)
        result.memory.append(servers.memory())
    cluster.drop(contestant.slug)


def measure(ports: list[int], request: Request, given: Load, url: str, contestant: Contestant) -> Measured:
    """One operation, on servers whose every connection is at work already."""
    warming = running = (1, given.tasks)
    if request.once:
        spent = WARM_UP * given.connections
        last = given.tasks + spent + round((OURS if contestant.donebook else FASTEST) * given.seconds)
        warming, running = (given.tasks + 1, given.tasks + spent), (given.tasks + spent + 1, last)
        data.fill(url, given.tasks + 1, last, donebook=contestant.donebook)
    warm(ports, request, warming, connections=given.connections, times=WARM_UP)
    return load(ports, request, running, connections=given.connections, seconds=given.seconds)
