"""Growth: more tasks, more processes, more requests."""

from dataclasses import replace
from pathlib import Path

from bench import compare, report
from bench.cluster import Cluster
from bench.compare import Load, Result
from bench.contestant import CREATE, DONEBOOK, FASTAPI, FASTIFY, GET, LIST, READS, WRITES, Contestant
from bench.serving import serving
from bench.wrk import load

SIZES = (1_000, 100_000, 1_000_000)
PROCESSES = (1, 2, 4)
REQUESTS, STEPS = 1_000_000, 10
RIVALS = (DONEBOOK, FASTAPI, FASTIFY)


def section(cluster: Cluster, folder: Path, given: Load) -> list[str]:
    """What the results say of it."""
    sizes = {
        f"{one.name}, {tasks:,} tasks": shown(cluster, folder, one, replace(given, tasks=tasks))
        for tasks in SIZES
        for one in RIVALS
    }
    processes = {
        f"{one.name}, {number} processes": shown(cluster, folder, one, replace(given, processes=number))
        for number in PROCESSES
        for one in RIVALS
    }
    return [
        "## More tasks",
        report.comparison(sizes),
        "## More processes",
        "All on this machine, each with a share of the connections.",
        report.comparison(processes),
        report.footprint(processes),
        "## A million requests",
        "Of one Donebook process, a third each of list 50, get and create; its memory after each tenth:",
        ", ".join(f"{megabytes:.0f} MB" for megabytes in memory(cluster, folder, given)),
    ]


def shown(cluster: Cluster, folder: Path, contestant: Contestant, given: Load) -> Result:
    """What a contestant shows under a load, in one round."""
    result = Result()
    print(f"{given.tasks:,} tasks, {given.processes} processes", flush=True)
    compare.prepare(cluster, [contestant], given.tasks)
    compare.turn(cluster, contestant, (*READS, *WRITES), given=given, folder=folder, result=result)
    cluster.drop(compare.template(contestant))
    return result


def memory(cluster: Cluster, folder: Path, given: Load) -> list[float]:
    """The resident memory of Donebook's process after each step of a million requests, in MB."""
    compare.prepare(cluster, [DONEBOOK], given.tasks)
    url = cluster.create(DONEBOOK.slug, template=compare.template(DONEBOOK))
    found = []
    with serving(DONEBOOK, url, folder) as servers:
        for _ in range(STEPS):
            for operation in (LIST, GET, CREATE):
                left = REQUESTS / STEPS / 3
                while left > 0:
                    request = DONEBOOK.requests[operation]
                    measured = load(servers.ports, request, (1, given.tasks), connections=32, seconds=5)
                    left -= measured.requests
            found.append(servers.memory(peak=False))
            print(f"  {found[-1]:.0f} MB", flush=True)
    return found
