"""Pages of other origins in a real browser: whatever they try, nothing is written and nothing is read."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import execute
from tests.e2e.app import App
from tests.e2e.browser import launch_options
from tests.e2e.conftest import PATIENCE
from tests.hostile.conftest import NAME
from tests.hostile.foreign import ASK_FOR_IT, POST_IT, READ_IT, TRIES, WAYS, WRITE_IT, ForeignPages
from tests.hostile.writes import READS, WRITES, Targets, targets
from tests.http.conftest import lines
from tests.server import Server
from tests.v1.routes import streams
from tests.waiting import until

type Stored = Callable[[], Awaitable[list[Any]]]

EVIL = "evil.example"
PLACES = {
    "another port of the same site": ("127.0.0.1", "127.0.0.1"),
    "another site that browsers trust": ("evil.localhost", "127.0.0.1"),
    "another site, to a name without TLS": (EVIL, NAME),
}
"""Where the page is and by which name it knows the server; browsers say `Sec-Fetch-Site` only to trustworthy ones."""
TITLE = "From another page"
GETS = [operation for operation in READS if not streams(operation.described)]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser that finds two names on this machine."""
    expect.set_options(timeout=PATIENCE)
    options = launch_options()
    options["args"] += [f"--host-resolver-rules=MAP {EVIL} 127.0.0.1, MAP {NAME} 127.0.0.1"]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(**options)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ForeignPages]:
    """Another origin."""
    with ForeignPages() as running:
        yield running


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A window of its own."""
    opened = await browser.new_context()
    yield opened
    await opened.close()


@pytest.fixture(params=PLACES)
async def foreign(
    request: pytest.FixtureRequest, context: BrowserContext, elsewhere: ForeignPages, site: Server
) -> tuple[Page, str]:
    """A page of another origin, and the address by which it knows the server."""
    page_host, server_host = PLACES[request.param]
    page = await context.new_page()
    await page.goto(f"http://{page_host}:{elsewhere.port}/")
    return page, f"http://{server_host}:{site.port}"


def sent(there: Targets, base: str) -> list[dict[str, str]]:
    """Every write of the document, as a page is told it."""
    requests = [there.of(operation) for operation in WRITES]
    return [{"method": it.method, "url": base + it.path, "text": json.dumps(it.body)} for it in requests]


def answered(site: Server, logged: int, *methods: str) -> list[int]:
    """The statuses of all such requests since so many lines were logged."""
    return [line["status"] for line in lines(site)[logged:] if line.get("method") in methods]


async def come(site: Server, logged: int, method: str, count: int) -> bool:
    """Whether so many such requests have come."""
    return len(answered(site, logged, method)) >= count


async def test_what_a_form_or_a_beacon_can_send_is_refused(
    foreign: tuple[Page, str], site: Server, own, stored: Stored
):
    page, base = foreign
    there = await targets(own)
    before, logged = await stored(), len(lines(site))
    urls = sorted({write["url"] for write in sent(there, base)})
    await page.evaluate(POST_IT, {"urls": urls, "text": json.dumps({"title": TITLE})})

    await until(lambda: come(site, logged, "POST", len(urls) * WAYS))
    assert answered(site, logged, "POST") == [403] * len(urls) * WAYS
    assert await stored() == before


async def test_what_only_a_script_can_send_is_never_sent(foreign: tuple[Page, str], site: Server, own, stored: Stored):
    page, base = foreign
    there = await targets(own)
    before, logged = await stored(), len(lines(site))
    assert await page.evaluate(ASK_FOR_IT, {"writes": sent(there, base)}) == []
    preflights = sum(2 if write["method"] == "POST" else 3 for write in sent(there, base))
    await until(lambda: come(site, logged, "OPTIONS", preflights))
    assert set(answered(site, logged, "POST")) == {403}  # without a body it can be sent without asking
    assert answered(site, logged, "PUT", "PATCH", "DELETE") == []
    assert await stored() == before


async def test_nothing_can_be_read(foreign: tuple[Page, str], site: Server, own, stored: Stored):
    page, base = foreign
    there = await targets(own)
    before, logged = await stored(), len(lines(site))
    urls = [base + path for path in ["/", "/docs", "/openapi.json", *(there.of(read).path for read in GETS)]]
    assert await page.evaluate(READ_IT, {"urls": urls}) == []
    await until(lambda: come(site, logged, "GET", len(urls) * TRIES))
    assert set(answered(site, logged, "GET")) == {200}
    assert await stored() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", NAME])
async def test_an_own_page_writes(context: BrowserContext, site: Server, own, stored: Stored, host: str):
    page = await context.new_page()
    await page.goto(f"http://{host}:{site.port}/docs")
    for operation in WRITES:
        there = await targets(own)
        before = await stored()
        [write] = [it for one, it in zip(WRITES, sent(there, ""), strict=True) if one is operation]
        assert await page.evaluate(WRITE_IT, write) in (200, 201, 204), operation.id
        assert await stored() != before, operation.id


@pytest.mark.parametrize("host", ["localhost", NAME])
async def test_the_web_app_writes(context: BrowserContext, site: Server, own, host: str):
    app = App(await context.new_page(), own, [])
    await execute(site.environment["DATABASE_URL"], "DELETE FROM tasks")
    await app.open(f"http://{host}:{site.port}/")
    await app.add("Buy milk")
    await app.sees("Buy milk")
    await app.settled()
    await app.tick("Buy milk").click()
    await app.settled()
    assert await app.stored("completed") == [True]
    await app.delete("Buy milk")
    await app.settled()
    assert await app.stored() == []
