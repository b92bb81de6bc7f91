"""Kill a loaded Donebook again and again, and count what it lost: `python -m tests.chaos --rounds 20`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.history import Outcome
from tests.chaos.site import SCENARIOS, Round, Site

HEAD = (
    *("round", "killed                               ", "writes", "acknowledged", "refused", "unanswered", "not found"),
    *("repeated", "silent for", " tasks", "lost", "doubled", "lies", "torn"),
)


def line(*cells: object) -> str:
    """A row of the table."""
    padded = [str(cell).rjust(len(head)) for cell, head in zip(cells, HEAD, strict=True)]
    padded[1] = padded[1].strip().ljust(len(HEAD[1]))
    return "  ".join(padded)


def report(number: int, done: Round) -> str:
    """A round, as a row."""
    told = done.figures
    verdict = done.verdict
    return line(
        number,
        done.scenario,
        told.total(),
        told[Outcome.DONE],
        told[Outcome.REFUSED],
        told[Outcome.UNKNOWN],
        told[Outcome.MISSING],
        done.repeated,
        f"{done.silence:.2f} s",
        done.tasks,
        len(verdict.lost),
        len(verdict.doubled),
        len(verdict.lies),
        len(verdict.torn) + len(verdict.disordered),
    )


async def main() -> int:
    """Exit code 1 when anything was lost, doubled, untrue, torn or out of order, or answered as it should not be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=SCENARIOS, help="one scenario only")
    chosen = parser.parse_args()
    wrong: dict[str, int] = {}  # each fault, and the round in which it showed first
    acknowledged = 0
    print(line(*HEAD), flush=True)
    with tempfile.TemporaryDirectory(prefix="donebook-chaos-") as directory:
        site = Site(Path(directory), clients=chosen.clients, seed=chosen.seed)
        await asyncio.to_thread(site.server.start)
        try:
            for number in range(chosen.rounds):
                scenario = chosen.only or list(SCENARIOS)[number % len(SCENARIOS)]
                done = await site.round(scenario)
                print(report(number + 1, done), flush=True)
                acknowledged += done.figures[Outcome.DONE]
                found = [f"{kind}: {case}" for kind, cases in done.verdict.faults.items() for case in cases]
                for fault in (*found, *(f"unexpected: {surprise}" for surprise in done.surprises)):
                    wrong.setdefault(fault, number + 1)
        finally:
            await site.close()
    print(f"\n{acknowledged} writes were acknowledged; {len(wrong)} faults")
    for fault, number in wrong.items():
        print(f"round {number}: {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
