"""Hurt the database of one living Donebook in every way, and print what it lost: `python -m tests.chaos.full`.

What is printed is the table of `docs/reliability.md`. `--short` does each thing once.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from tests.chaos.history import Outcome
from tests.chaos.measures import Figure, asleep, crowd, down, leavers
from tests.chaos.outages import Siege, Tally, siege
from tests.chaos.silences import frozen, half_open, idle
from tests.database.clusters import EMBEDDED, kinds
from tests.outages.pgbouncer import pgbouncers
from tests.outages.site import DIRECT

MEASURES = (asleep, crowd, leavers, idle, half_open, frozen, down)
OTHERS = "others than the embedded one are then reached directly only"
HEAD = (
    *("what happens", "times", "acknowledged", "refused", "unknown", "sent again"),
    *("back to first success (median / worst)", "lost", "doubled", "lies", "torn", "unexpected"),
)


def row(name: str, tally: Tally) -> str:
    """The rounds of one event."""
    told, faults = tally.figures, tally.faults
    return line(
        name,
        tally.rounds,
        told[Outcome.DONE],
        told[Outcome.REFUSED],
        told[Outcome.UNKNOWN],
        tally.repeated,
        tally.wait,
        faults["lost"],
        faults["doubled"],
        faults["lies"],
        faults["torn"] + faults["disordered"],
        faults["unexpected"],
    )


def line(*cells: object) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def table(siege: Siege) -> Iterator[str]:
    """All events, and their sum."""
    yield line(*HEAD)
    yield line(*("---" for _ in HEAD))
    total = Tally()
    for event, tally in siege.tallies.items():
        yield row(event, tally)
        total.rounds += tally.rounds
        total.figures += tally.figures
        total.repeated += tally.repeated
        total.waits += tally.waits
        total.faults += tally.faults
    yield row("**all**", total)


async def counted(siege: Siege, name: str, label: str) -> str:
    """What the server counts under a name, by the values of a label."""
    counts: Counter[str] = Counter()
    for text in (await siege.site.http.get("/metrics")).text.splitlines():
        if text.startswith(name + "{") and 'route="/health' not in text:
            counts[text.partition(f'{label}="')[2].partition('"')[0]] += int(float(text.rpartition(" ")[2]))
    return ", ".join(f"{value}: {count}" for value, count in sorted(counts.items()))


async def attack(mode: str, postgres: str, chosen: argparse.Namespace) -> bool:
    """Besiege a server on that way to its database, and print what came of it; whether all was well."""
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="donebook-chaos-") as directory:
        settings = {"REQUEST_TIMEOUT": 9} if chosen.short else {}  # and a half-open socket is found in 5
        async with siege(
            mode,
            Path(directory),
            postgres=postgres,
            clients=chosen.clients,
            frozen=chosen.frozen,
            seed=chosen.seed,
            **settings,
        ) as besieged:
            server = besieged.site.server.process
            assert server is not None
            for number in range(chosen.rounds):
                for event in besieged.events:
                    await besieged.round(event)
                print(f"{mode}, {postgres}: round {number + 1} of {chosen.rounds}", file=sys.stderr)
            figures: list[Figure] = []
            for measure in MEASURES:
                figures += await measure(besieged.site, short=chosen.short)
            print(f"\n### {mode}, PostgreSQL {postgres}, {datetime.now(UTC):%Y-%m-%d}, {monotonic() - began:.0f} s\n")
            print("\n".join(table(besieged)))
            print(f"\nAnswers by status: {await counted(besieged, 'donebook_requests_total', 'status')}")
            print(f"Attempts that failed: {await counted(besieged, 'donebook_database_errors_total', 'problem')}")
            print(f"Attempts made again: {await counted(besieged, 'donebook_database_retries_total', 'problem')}")
            print(f"The server's process, {server.pid}, was the same from first to last: {server.poll() is None}\n")
            print(line("what else", "promised", "measured", ""), line("---", "---", "---", "---"), sep="\n")
            for figure in figures:
                print(line(figure.name, figure.promise, figure.measured, "" if figure.kept else "**broken**"))
            print(*besieged.faults.items(), sep="\n", flush=True)
            alive = server.poll() is None
            return alive and not besieged.faults and all(figure.kept for figure in figures)


def missing() -> Iterator[str]:
    """What this machine does not have, and so is not run."""
    if not any(kind.prepared for kind in pgbouncers().values()):
        yield "PgBouncer with prepared statements: `.ci/pgbouncer` fetches one"
    if not any(kind.prepared is None for kind in pgbouncers().values()):
        yield "PgBouncer of before 1.21"
    if kinds() == [EMBEDDED]:
        yield "a PostgreSQL of the system's, 15 or later, with its `pg_config`"


async def main() -> int:
    """Exit code 1 when anything was lost, doubled, untrue or unexpected, or a promise was broken."""
    ways = (DIRECT, *pgbouncers())
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.full", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="of each event")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--frozen", type=float, default=10.0, help="seconds of each SIGSTOP")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", choices=ways, action="append", help="to the database; all if not given")
    parser.add_argument("--postgres", choices=kinds(), action="append", help=f"all if not given; {OTHERS}")
    parser.add_argument("--short", action="store_true", help="each event once, frozen for 2 s")
    chosen = parser.parse_args()
    if chosen.short:
        chosen.rounds, chosen.frozen = 1, 2.0
    for what in missing():
        print(f"NOT RUN, since it is not here: {what}", flush=True)
    well = [
        await attack(way, postgres, chosen)
        for postgres in chosen.postgres or kinds()
        for way in chosen.way or (ways if chosen.postgres or postgres == EMBEDDED else (DIRECT,))
    ]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
