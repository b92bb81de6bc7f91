"""The web app in a browser: how soon it is there, how soon it answers, what it weighs."""

from pathlib import Path

from bench import data, report
from bench.cluster import Cluster
from bench.contestant import FROZEN
from bench.serving import serving
from bench.web import loading, weight
from bench.web.browser import chromium
from bench.web.inputs import Times, inputs, percentile
from bench.web.loading import Loaded

SIZES = (0, 100, 10_000)
LOADS, INPUTS = 10, 30

LOADING = """\
Medians of {loads} loads, in ms after the navigation began. First paint: anything; content: the page's frame, as the \
browser tells (Paint Timing). Interactive: the list has been read, and the frame that shows it is made, so that what \
is typed now is answered. Blocked: what long tasks took beyond 50 ms each, until the page has nothing more to do. \
Cold: the first visit; warm: the next one, its scripts and styles in the browser's cache."""
ANSWERING = """\
From the input to the frame that shows what it did (Event Timing: rounded to 8 ms; what takes less than 16 ms counts \
as 16), of {inputs} inputs each, 16 times as many letters. New tasks are typed and entered one after the other, a key \
every 40 ms, while the answers to those before come in. The page has no search by text yet: what narrows the list is \
its filter."""
HEAP = "The page's JavaScript heap after a collection, and the nodes of its document:"


def section(cluster: Cluster, folder: Path) -> list[str]:
    """What the results say of it.

    Raises:
        SystemExit: when there is no browser, or the web app is not built.
    """
    sizes = weight.table()
    urls = {}
    for tasks in SIZES:
        urls[tasks] = cluster.create(f"web_{tasks}")
        data.migrated(urls[tasks])
        if tasks:
            data.fill(urls[tasks], 1, tasks, donebook=True)
    loaded: list[list[str]] = []
    heap: list[list[str]] = []
    answered: dict[int, Times] = {}
    with chromium() as browser:
        for tasks, url in urls.items():
            with serving(FROZEN, url, folder) as servers:
                address = f"http://127.0.0.1:{servers.ports[0]}"
                loads = loading.loads(browser, address, LOADS)
                loaded += [row(f"{tasks:,} tasks, {cache}", one) for cache, one in loads.items()]
                megabytes, nodes = loading.memory(browser, address)
                heap.append([f"{tasks:,} tasks", f"{megabytes:.1f} MB", f"{nodes:,}"])
                if tasks:
                    answered[tasks] = inputs(browser, address, INPUTS)
            print(f"  the web app with {tasks:,} tasks", flush=True)
    return [
        "## The web app",
        f"In Chromium {browser.version}, without a window or a graphics card. " + LOADING.format(loads=LOADS),
        report.table(["", "first paint", "content", "interactive", "blocked"], loaded),
        ANSWERING.format(inputs=INPUTS),
        report.table(["p50 / p95, ms", *(f"{tasks:,} tasks" for tasks in answered)], answers(answered)),
        HEAP,
        report.table(["", "heap", "nodes"], heap),
        "What a page loads, all of it, as it is built and as it is sent:",
        sizes,
    ]


def row(name: str, loaded: Loaded) -> list[str]:
    """When things happened."""
    figures = (loaded.first, loaded.content, loaded.interactive, loaded.blocked)
    return [name, *(f"{figure:.0f}" for figure in figures)]


def answers(found: dict[int, Times]) -> list[list[str]]:
    """How long each kind of input took with each number of tasks."""
    kinds = next(iter(found.values()))
    return [
        [kind, *(f"{percentile(one[kind], 50):.0f} / {percentile(one[kind], 95):.0f}" for one in found.values())]
        for kind in kinds
    ]
