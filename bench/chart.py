"""The results as a chart: bars of requests a second, one group an operation. SVG, without anything from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape

from bench.compare import Result

WIDTH, LABELS, BAR, GAP, FIGURES = 760, 240, 14, 22, 110
COLOURS = ("#3557d6", "#8fa3ea", "#0b8f77", "#b5651d", "#7d4fa3", "#8a8f98", "#d0a215", "#c44d4d", "#4d4d4d")


def bars(results: Mapping[str, Result], operations: Sequence[str]) -> str:
    """The chart; each operation has a scale of its own, as what a database can do differs."""
    parts: list[str] = []
    y = 8
    for operation in operations:
        rates = {name: rate for name, result in results.items() if (rate := result.rate(operation)) is not None}
        if not rates:
            continue
        y += GAP
        parts.append(f'<text x="0" y="{y - 6}" font-weight="600">{escape(operation)}, requests/s</text>')
        scale = (WIDTH - LABELS - FIGURES) / max(rates.values())
        for name, rate in rates.items():
            colour = COLOURS[list(results).index(name) % len(COLOURS)]
            length = max(1, round(rate * scale))
            middle = y + BAR - 3
            parts.append(
                f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(short(name))}</text>'
                f'<rect x="{LABELS}" y="{y}" width="{length}" height="{BAR - 3}" fill="{colour}"/>'
                f'<text x="{LABELS + length + 6}" y="{middle}">{rate:,.0f}</text>'
            )
            y += BAR
        y += 6
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" font-family="sans-serif" font-size="11"'
    )
    return f'{frame} role="img"><title>Requests a second</title>\n<rect width="100%" height="100%" fill="#fff"/>\n' + (
        "\n".join(parts) + "\n</svg>\n"
    )


def short(name: str) -> str:
    """A name without what explains it."""
    return name.partition(":")[0]
