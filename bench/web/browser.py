"""A Chromium to measure in, and what a page in it tells."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, sync_playwright
from tests.e2e.app import READ_TWICE
from tests.e2e.browser import launch_options

OBSERVE = Path(__file__).with_name("observe.js")
WINDOW = ViewportSize(width=1280, height=800)
PATIENCE = 60.0  # s
QUIET = 0.3  # s without a long task and without anything on its way: the page is at rest
AT_REST = f"""() => __seen.interactive && {READ_TWICE} && !document.querySelector('.saving.shown')
  && performance.now() - Math.max(__seen.interactive, ...__seen.long.map((it) => it.startTime + it.duration))"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window.

    Raises:
        SystemExit: when there is none.
    """
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(**launch_options())
        except Error as error:
            said = str(error).partition("\n")[0]
            raise SystemExit(
                f"Measuring the web app needs a browser: make tools, or apt install chromium ({said})"
            ) from error
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A profile of its own, with an empty cache, whose pages note what they see."""
    context = browser.new_context(base_url=url, viewport=WINDOW)
    context.add_init_script(path=OBSERVE)
    try:
        yield context
    finally:
        context.close()


def rest(page: Page) -> None:
    """Wait until the list is shown and followed, all is saved, and the page has done nothing long for a while.

    Raises:
        TimeoutError: when it does not come to rest.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        page.wait_for_timeout(100)  # not wait_for_function: the page's policy forbids it
        since: Any = page.evaluate(AT_REST)
        if since and since > 1000 * QUIET:
            return
    raise TimeoutError(f"the page is not at rest after {PATIENCE:g} s")
