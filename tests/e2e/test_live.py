"""What happens elsewhere shows by itself, and a page that nobody looks at leaves the database alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from playwright.async_api import expect

from tests.conftest import execute
from tests.e2e.app import App
from tests.e2e.conftest import Open
from tests.server import Server
from tests.waiting import until

SHOW = "Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => '%s'});"
SHOW += "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
async def restartable(make_database: Callable[[], str], tmp_path) -> AsyncIterator[Server]:
    """A server of one's own."""
    server = Server(tmp_path, DATABASE_URL=await asyncio.to_thread(make_database))
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def follows(app: App) -> None:
    """The page is told of changes from now on."""
    await app.open()
    await until(lambda: followers(app, 1))


async def followers(app: App, count: int) -> bool:
    """Whether so many pages follow the stream."""
    metrics = (await app.client.get("/metrics")).text
    found = re.search(r"^donebook_stream_subscribers (\d+)", metrics, re.MULTILINE)
    assert found is not None, metrics
    return float(found[1]) == count


async def test_what_others_do_shows_by_itself(app: App, server: Server):
    one, two = await app.given("One", "Two")
    await follows(app)
    await app.given("Three")
    await app.sees("One", "Two", "Three")
    await app.client.patch(f"/api/v1/tasks/{one}", json={"title": "Uno"})
    await app.client.put(f"/tasks/{two}", json={"completed": True})
    await app.sees("Uno", "Two", "Three")
    await expect(app.tick("Two")).to_be_checked()
    await execute(server.environment["DATABASE_URL"], "UPDATE tasks SET title = 'Drei' WHERE title = 'Three'")
    await app.sees("Uno", "Two", "Drei")
    await app.client.delete(f"/tasks/{one}")
    await app.sees("Two", "Drei")
    await app.client.post(f"/api/v1/tasks/{one}/restore")
    await app.sees("Uno", "Two", "Drei")


async def test_a_page_that_nobody_looks_at_lets_go(app: App):
    await app.given("One")
    await follows(app)
    await app.page.evaluate(SHOW % "hidden")
    await until(lambda: followers(app, 0))
    await app.given("Two")
    await app.page.evaluate(SHOW % "visible")
    await app.sees("One", "Two")
    await until(lambda: followers(app, 1))
    await app.given("Three")
    await app.sees("One", "Two", "Three")


async def test_the_page_goes_on_after_a_restart_of_the_server(open_app: Open, restartable: Server):
    app = await open_app(base_url=restartable.url)
    async with httpx.AsyncClient(base_url=restartable.url) as client:
        app.client = client
        await app.given("One")
        await follows(app)
        await app.given("Two")
        await app.sees("One", "Two")
        await asyncio.to_thread(restartable.stop)
        await execute(restartable.environment["DATABASE_URL"], "UPDATE tasks SET title = 'Uno' WHERE title = 'One'")
        await asyncio.to_thread(restartable.start)
    async with httpx.AsyncClient(base_url=restartable.url) as client:
        app.client = client
        await app.sees("Uno", "Two")
        await app.given("Three")
        await app.sees("Uno", "Two", "Three")
