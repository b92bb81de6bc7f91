"""What the pages weigh: all files that the build's pages name, directly or through one another."""

from collections import defaultdict
from pathlib import Path

from bench import report
from donebook.web.pages import DIST, PAGE

KINDS = {".html": "HTML", ".js": "JavaScript", ".css": "CSS", ".svg": "icons"}
ENDINGS = ("", ".gz", ".br")
DOCS = ("docs-*", "scalar-*")
"""The assets of the API's docs page; the server writes the page itself."""


def files(page: str) -> list[Path]:
    """A page of the build and its assets.

    Raises:
        SystemExit: when the web app is not built.
    """
    if not (DIST / page).is_file():
        raise SystemExit("The web app is not built: make build")
    assets = [file for file in (DIST / "assets").iterdir() if file.suffix in KINDS]
    found = [DIST / page]
    for file in found:
        text = file.read_text()
        found += [asset for asset in assets if asset.name in text and asset not in found]
    return found


def table() -> str:
    """The sizes of both pages by kind of file."""
    rows = []
    docs = [file for name in DOCS for file in (DIST / "assets").glob(name) if file.suffix in KINDS]
    for page, name in ((files(PAGE), "the app"), (docs, "the API's docs")):
        sizes: dict[str, list[list[int]]] = defaultdict(list)
        for file in page:
            sizes[KINDS[file.suffix]].append([size(file, ending) for ending in ENDINGS])
        rows += [row(f"{name}: {kind}", sizes[kind]) for kind in KINDS.values() if kind in sizes]
        rows.append(row(f"**{name}**", [one for kind in sizes.values() for one in kind]))
    return report.table(["bytes", "files", "plain", "gzip", "brotli"], rows)


def size(file: Path, ending: str) -> int:
    """A file's size under an encoding, as it is sent: plainly where the encoding does not make it smaller."""
    packed = file.with_name(file.name + ending)
    return (packed if packed.is_file() else file).stat().st_size


def row(name: str, sizes: list[list[int]]) -> list[str]:
    """The sums of some files."""
    return [name, f"{len(sizes)}", *(f"{sum(one):,}" for one in zip(*sizes, strict=True))]
