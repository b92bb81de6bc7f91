"""Measure Donebook and what people would use instead: `python -m bench`, or `make bench`."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import chart, compare, far, followers, growth, limits, report
from bench.cluster import Cluster, cluster
from bench.compare import Load, Result
from bench.contestant import CONTESTANTS, CREATE, DELETE, OPERATIONS, READS, UPDATE, WRITES, Contestant
from bench.data import WORKSPACES
from bench.install import install
from bench.report import Report
from bench.web import results as web
from bench.wrk import program

HERE = Path(__file__).parent
COMMIT = 0.004  # s that a commit takes longer in the second half
PGBENCH = "pgbench: Donebook's statements, one by one"
SECTIONS = ("compare", "latency", "far", "growth", "followers", "web")


def main() -> None:
    """Measure the sections that are named, all when none is, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"{', '.join(SECTIONS)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of each run")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--only", action="append", help="a contestant, by a part of its name; again for more")
    parser.add_argument("--output", type=Path, default=HERE / "results.md")
    chosen = parser.parse_args()
    if unknown := set(chosen.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    sections = chosen.sections or SECTIONS
    taking_part = [one for one in CONTESTANTS if not chosen.only or any(part in one.name for part in chosen.only)]
    if set(sections) != {"web"}:
        program()
        for contestant in taking_part:
            install(contestant)
    given = Load(seconds=chosen.seconds, tasks=chosen.tasks)
    written = Report(chosen.output)
    written.add(report.title(given, chosen.rounds))
    if "compare" in sections:
        compare_all(written, taking_part, given, chosen.rounds)
    if "latency" in sections:
        compare_latency(written, taking_part, given, chosen.rounds)
    if "far" in sections:
        with place() as folder, cluster(folder) as postgres:
            written.add(*far.section(postgres, folder, taking_part))
    if "growth" in sections:
        with place() as folder, cluster(folder) as postgres:
            written.add(*growth.section(postgres, folder, given))
    if "followers" in sections:
        with place() as folder, cluster(folder) as postgres:
            written.add(*followers.section(postgres, folder))
    if "web" in sections:
        with place() as folder, cluster(folder) as postgres:
            written.add(*web.section(postgres, folder))
    print(f"Written to {chosen.output}")


def compare_all(written: Report, taking_part: list[Contestant], given: Load, rounds: int) -> None:
    """Everybody and the database itself, commits as fast as the disk is."""
    with place() as folder, cluster(folder) as postgres:
        results = measured(postgres, folder, taking_part, (*READS, *WRITES), given=given, rounds=rounds)
        database(postgres, folder, OPERATIONS, given=given, rounds=rounds, results=results)
    chart_file = written.file.with_suffix(".svg")
    servers = {one.name: results[one.name] for one in taking_part}  # beside the database itself they would all be short
    chart_file.write_text(chart.bars(servers, OPERATIONS))
    written.add("## Side by side", f"![Requests a second]({chart_file.name})", report.comparison(results))
    written.add(report.ratios(results), report.footprint(results), NOTES)


def compare_latency(written: Report, taking_part: list[Contestant], given: Load, rounds: int) -> None:
    """The writes, each commit 4 ms slower."""
    with place() as folder, cluster(folder, latency=COMMIT) as postgres:
        results = measured(postgres, folder, taking_part, WRITES, given=given, rounds=rounds)
        database(postgres, folder, WRITES, given=given, rounds=rounds, results=results)
    written.add(
        f"## Writes, when a commit takes {COMMIT * 1000:g} ms longer",
        "PostgreSQL's `fdatasync` of its log is followed by a pause (`bench/latency.c`, preloaded).",
        report.comparison(results, (CREATE, UPDATE, DELETE)),
    )


NOTES = """\
Donebook does all of its own work: it logs every change, keeps versions, and writes a line of log for each request; \
the others do neither. pgbench executes Donebook's own statements, each by itself and on a connection for each client: \
with the triggers that write the log, in one workspace and in 100, and without any trigger. Donebook sends writes that \
come at the same time together, so in one workspace it can do more of them than pgbench. Donebook has no accounts yet, \
so over HTTP there is one workspace."""


def measured(
    postgres: Cluster,
    folder: Path,
    taking_part: list[Contestant],
    operations: tuple[str, ...],
    *,
    given: Load,
    rounds: int,
) -> dict[str, Result]:
    """What everybody showed, in turn, round after round."""
    compare.prepare(postgres, taking_part, given.tasks)
    results = {one.name: Result() for one in taking_part}
    for number in range(rounds):
        print(f"Round {number + 1} of {rounds}", flush=True)
        for one in taking_part:
            compare.turn(postgres, one, operations, given=given, folder=folder, result=results[one.name])
    return results


def database(
    postgres: Cluster,
    folder: Path,
    operations: tuple[str, ...],
    *,
    given: Load,
    rounds: int,
    results: dict[str, Result],
) -> None:
    """What the database itself does, added to the results."""
    limits.prepare(postgres, given.tasks)
    kinds = {
        "": (1, True),
        f", {WORKSPACES} workspaces": (WORKSPACES, True),
        ", without triggers": (1, False),
    }
    for kind, (workspaces, triggers) in kinds.items():
        result = results[PGBENCH + kind] = Result()
        for operation in operations:
            if operation in limits.STATEMENTS and (not kind or operation in WRITES):
                result.runs[operation] = [
                    limits.measure(
                        postgres,
                        operation,
                        folder,
                        tasks=given.tasks,
                        seconds=given.seconds,
                        workspaces=workspaces,
                        triggers=triggers,
                    )
                    for _ in range(rounds)
                ]
                print(f"  {PGBENCH}{kind}: {operation} {result.rate(operation):.0f}/s", flush=True)


@contextmanager
def place() -> Iterator[Path]:
    """A folder for PostgreSQL's data and everybody's logs, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="donebook-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


if __name__ == "__main__":
    main()
