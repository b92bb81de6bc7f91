"""How the time of a regular expression grows with the length of its worst cases.

Run as a program it takes an expression as JSON on standard input, and has a limit on processor time, so that one that
grows exponentially ends this process and not the tests.
"""

import json
import re
import resource
import sys
import time
from collections.abc import Callable

from tests.hostile.worst_cases import Tree, Worst

LIMIT = 60  # s of processor time for one expression: many times what all worst cases of a linear one take
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096)
"""Repetitions."""
APART = 4  # two sizes that are compared differ by this factor
LINEAR = 10  # four times the size takes four times as long when the time is linear, sixteen times when it is quadratic
EXPLODING = 200  # at any size: up to a limit on repetitions a linear expression may be quadratic
LONG = 100_000_000  # ns: what takes longer is decided by how it grew so far
ATTEMPTS = 8


def growing(text: str, flags: int, method: str, told: Callable[[Worst], None]) -> tuple[Worst, str] | None:
    """Return the worst case whose time grows faster than its length, and how; None when there is none."""
    use = getattr(re.compile(text, flags), method)
    if method in ("sub", "subn"):
        use = lambda given, sub=use: sub("", given)  # noqa: E731
    elif method == "finditer":
        use = re.compile(text, flags).findall
    for worst in Tree(text, flags).worst_cases():
        told(worst)
        if (how := _climb(use, worst)) is not None:
            return worst, how
    return None


def _climb(use: Callable[[str], object], worst: Worst) -> str | None:
    """Repeat the pump more and more often; say how the time grew when it grew faster than the text."""
    before, pump, after = worst

    def take(size: int) -> int:
        return max(least, _time(use, before + pump * size + after))

    least = 0
    least = min(take(0) for _ in range(3))
    times: dict[int, int] = {}
    for size in SIZES:
        times[size] = take(size)
        smaller = size // APART
        if smaller not in times:
            continue
        last = size == SIZES[-1] or times[size] > LONG
        if _faster(take, times, smaller, size, LINEAR if last else EXPLODING):
            return f"{size} repetitions take {times[size] / times[smaller]:.0f} times as long as {smaller}"
        if last:
            break
    return None


def _faster(take: Callable[[int], int], times: dict[int, int], smaller: int, size: int, allowed: int) -> bool:
    """Whether the time grew more than allowed, and does so again when it is measured again."""
    for _ in range(ATTEMPTS):  # the machine may have been busy with something else
        if times[size] < allowed * times[smaller]:
            return False
        times[smaller] = min(times[smaller], take(smaller))
        if times[size] < LONG:
            times[size] = min(times[size], take(size))
    return True


def _time(use: Callable[[str], object], text: str) -> int:
    started = time.thread_time_ns()
    use(text)
    return time.thread_time_ns() - started


def main() -> None:
    """Try the expression that standard input gives; say each worst case first, so that the last one is known."""
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
    given = json.load(sys.stdin)

    def told(worst: Worst) -> None:
        print(json.dumps({"trying": worst}), flush=True)

    print(json.dumps({"found": growing(given["text"], given["flags"], given["method"], told)}))


if __name__ == "__main__":
    main()
