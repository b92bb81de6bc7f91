"""A browser for the run; for every test a page of its own, which must stay silent and talk to nobody else."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, async_playwright, expect

from tests.e2e.app import App
from tests.e2e.browser import launch_options, system_browser
from tests.rights import BROWSER, require
from tests.server import Server
from tests.waiting import until

type Open = Callable[..., Awaitable[App]]

PATIENCE = 20_000  # ms: how long a busy machine may take to show what is expected
DESKTOP = {"width": 1280, "height": 800}

# Chromium says this of every failed request, and failing requests is what many tests are about.
EXPECTED = "Failed to load resource"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the whole run."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        try:
            chromium = await playwright.chromium.launch(**launch_options())
        except Error:
            require(system_browser(), BROWSER)
            raise
        yield chromium
        await chromium.close()


@pytest.fixture
async def open_app(browser: Browser, server: Server, client: httpx.AsyncClient) -> AsyncIterator[Open]:
    """Open the app in a new window; its options are those of Playwright's `new_context`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def open_app(**options: Any) -> App:
        context = await browser.new_context(**{"base_url": server.url, "viewport": DESKTOP} | options)
        contexts.append(context)
        page = await context.new_page()
        listen(page, options.get("base_url", server.url), complaints)
        return App(page, client, complaints)

    yield open_app
    for context in contexts:
        await context.close()
    await until(lambda: idle(client))  # what a page still had to save would come into the next test's list
    assert complaints == []


async def idle(client: httpx.AsyncClient) -> bool:
    """Whether the server has nothing else to answer."""
    told = (await client.get("/metrics")).text
    return re.search(r"^donebook_requests_in_flight 1(\.0)?$", told, re.MULTILINE) is not None


@pytest.fixture
async def app(open_app: Open) -> App:
    """A page that is not opened yet, over an empty list."""
    return await open_app()


def listen(page: Page, origin: str, complaints: list[str]) -> None:
    """Note what a page complains of, and each request that would leave the server."""

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda it: None if it.url.startswith(origin) else complaints.append(f"asked for {it.url}"))
