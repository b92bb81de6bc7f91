"""How soon the page is there: with an empty cache and a filled one."""

from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page

from bench.web.browser import rest, window

TOLD = """() => {
  const paints = Object.fromEntries(performance.getEntriesByType('paint').map((it) => [it.name, it.startTime]));
  const blocked = __seen.long.reduce((sum, { duration }) => sum + Math.max(0, duration - 50), 0);
  return {
    first: paints['first-paint'],
    content: paints['first-contentful-paint'],
    interactive: __seen.interactive,
    blocked,
    longest: Math.max(0, ...__seen.long.map((it) => it.duration)),
  };
}"""


@dataclass(frozen=True)
class Loaded:
    """When things happened after the navigation began, in ms; `blocked`: what long tasks took beyond 50 ms each."""

    first: float
    content: float
    interactive: float
    blocked: float
    longest: float


def loads(browser: Browser, url: str, times: int) -> dict[str, Loaded]:
    """The medians of so many loads with a cold cache, and of as many with a warm one."""
    cold, warm = [], []
    for _ in range(times):
        with window(browser, url) as context:
            cold.append(load(context))
            warm.append(load(context))
    return {"cold": middle(cold), "warm": middle(warm)}


def load(context: BrowserContext) -> Loaded:
    """One load in a new tab."""
    page = context.new_page()
    page.goto("/")
    rest(page)
    told = Loaded(**page.evaluate(TOLD))
    page.close()
    return told


def middle(runs: list[Loaded]) -> Loaded:
    """The median of each figure."""
    return Loaded(**{name: median(getattr(run, name) for run in runs) for name in Loaded.__dataclass_fields__})


def memory(browser: Browser, url: str) -> tuple[float, int]:
    """The page's JavaScript heap in MB (2**20 bytes), after a collection, and its DOM nodes."""
    with window(browser, url) as context:
        page = context.new_page()
        page.goto("/")
        rest(page)
        metrics = collected(page)
    return metrics["JSHeapUsedSize"] / 2**20, round(metrics["Nodes"])


def collected(page: Page) -> dict[str, float]:
    """Chromium's own figures of a page, after what is no longer needed was collected."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
