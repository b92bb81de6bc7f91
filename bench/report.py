"""The results as Markdown."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.compare import Load, Result
from bench.contestant import BARE, DONEBOOK, FASTAPI, OPERATIONS


@dataclass
class Report:
    """Sections, written to a file as they come: a run that is cut short leaves what it has measured."""

    file: Path
    parts: list[str] = field(default_factory=list)

    def add(self, *paragraphs: str) -> None:
        """Add paragraphs at the end."""
        self.parts += paragraphs
        self.file.write_text("\n\n".join(self.parts) + "\n")


def title(given: Load, rounds: int) -> str:
    """What was measured, when and on what."""
    machine = f"{os.cpu_count()} CPUs ({platform.machine()}), which also ran wrk and PostgreSQL"
    return (
        f"# Measured\n\nWritten by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine}; load"
        f" {os.getloadavg()[0]:.1f} before the run. {given.connections} connections, {given.processes} server process,"
        f" {given.tasks:,} tasks, {rounds} rounds of {given.seconds:g} s, interleaved; each figure is the median of its"
        " rounds."
    )


def comparison(results: Mapping[str, Result], operations: Sequence[str] = OPERATIONS) -> str:
    """Requests a second and latencies of everybody."""
    rows = [
        [name, *(cell(result, operation) for operation in operations)]
        for name, result in results.items()
        if any(result.rate(operation) for operation in operations)
    ]
    return "Requests a second, and p50 / p99 in ms:\n\n" + table(["", *operations], rows)


def cell(result: Result, operation: str) -> str:
    """A rate and its latencies."""
    if (rate := result.rate(operation)) is None:
        return ""
    return f"**{rate:,.0f}** {result.p50(operation):.1f} / {result.p99(operation):.1f}"


def footprint(results: Mapping[str, Result]) -> str:
    """Start-up time and memory."""
    rows = [
        [name, f"{median(result.starts):.2f} s", f"{max(result.memory):.0f} MB"]
        for name, result in results.items()
        if result.starts
    ]
    return "From the start to the first answer, and peak memory of a process:\n\n" + table(
        ["", "start", "memory"], rows
    )


def ratios(results: Mapping[str, Result]) -> str:
    """Donebook's rates as multiples of others'."""
    ours = results.get(DONEBOOK.name, Result())
    rows = []
    for other in (FASTAPI, BARE):
        if theirs := results.get(other.name):
            rates = [(ours.rate(operation), theirs.rate(operation)) for operation in OPERATIONS]
            rows.append([f"÷ {other.name}", *(f"{a / b:.2f}" if a and b else "" for a, b in rates)])
    return "Donebook's requests a second:\n\n" + table(["", *OPERATIONS], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
