"""How soon an input is seen: from the key or the click to the next frame that the browser shows, by Event Timing."""

from collections import defaultdict
from statistics import quantiles

from playwright.sync_api import Browser, Page

from bench.web.browser import rest, window

FLOOR = 16.0  # ms; what takes less is not told, and all is rounded to 8 ms (W3C Event Timing)
TITLE = "Call the dentist"
PAUSE = 40  # ms between two keys: a fast typist
LETTER = "type a letter of a new task"
ADD = "add it: Enter, to the new row"
COMPLETE = "complete or reopen one: click"
NEXT = "go to the next task: j"
SHOW = "narrow the list: click on All, Open, Done"

TAKE = "() => { const inputs = __seen.inputs; __seen.inputs = []; return inputs }"
PLACES = """(selector) => [...document.querySelectorAll(selector)].slice(0, 8)
  .map((it) => it.getBoundingClientRect()).map((it) => [it.x + it.width / 2, it.y + it.height / 2])"""

type Times = dict[str, list[float]]


def inputs(browser: Browser, url: str, times: int) -> Times:
    """The ms that each of so many inputs of each kind took, until it was seen."""
    with window(browser, url) as context:
        page = context.new_page()
        page.goto("/")
        rest(page)
        found = typed(page, times)
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0) }")
        rest(page)
        found[COMPLETE] = completed(page, times)
        found[NEXT] = stepped(page, times)
        found[SHOW] = shown(page, times)
    return found


def typed(page: Page, times: int) -> Times:
    """Type titles, one after the other without waiting for answers, and press Enter after each."""
    page.focus("#add-title")
    for _ in range(times):
        for key in (*TITLE, "Enter"):
            page.keyboard.press(key)
            page.wait_for_timeout(PAUSE)
    took = gathered(page)
    added = [duration for key, duration in took if key == "Enter"]
    return {
        LETTER: padded([duration for key, duration in took if key != "Enter"], times * len(TITLE)),
        ADD: padded(added, times),
    }


def completed(page: Page, times: int) -> list[float]:
    """Tick tasks, and untick them."""
    places = page.evaluate(PLACES, ".tick")
    for number in range(times):
        page.mouse.click(*places[number % len(places)])
        rest(page)
    return padded([duration for _, duration in gathered(page)], times)


def stepped(page: Page, times: int) -> list[float]:
    """Go from task to task."""
    for _ in range(times):
        page.keyboard.press("j")
        page.wait_for_timeout(2 * PAUSE)
    return padded([duration for _, duration in gathered(page)], times)


def shown(page: Page, times: int) -> list[float]:
    """Show the open tasks, the done ones, all, and so on."""
    places = page.evaluate(PLACES, ".filters a")
    for number in range(1, times + 1):
        page.mouse.click(*places[number % 3])
        rest(page)
    return padded([duration for _, duration in gathered(page)], times)


def gathered(page: Page) -> list[tuple[str | None, float]]:
    """The key and the ms of each interaction that was told since the last time: its slowest part (down, up, click)."""
    page.wait_for_timeout(500)
    rest(page)
    slowest: dict[int, float] = defaultdict(float)
    keys: dict[int, str | None] = {}
    for one in page.evaluate(TAKE):
        of = one["interaction"]
        slowest[of] = max(slowest[of], one["duration"])
        keys[of] = one["key"] or keys.get(of)
    return [(keys[of], duration) for of, duration in slowest.items()]


def padded(times: list[float], count: int) -> list[float]:
    """With those that were too quick to be told."""
    return times + [FLOOR] * (count - len(times))


def percentile(times: list[float], percent: int) -> float:
    """What so many in a hundred stay below."""
    return quantiles(times, n=100, method="inclusive")[percent - 1]
