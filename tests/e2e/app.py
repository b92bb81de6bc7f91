"""The web app in a browser, with the words that the tests use for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from playwright.async_api import Locator, Page, Route, expect

from tests.waiting import until

TASKS = "**/tasks*"
ONE_TASK = "**/tasks/*"

# At first, and once the page is told of changes: what is changed from then on, it is told.
READ_TWICE = "performance.getEntriesByType('resource').filter(it => new URL(it.name).pathname === '/tasks').length > 1"

type Answer = Callable[[Route], Awaitable[None]]


def refused(status: int, detail: str) -> Answer:
    """An answer of the server that says no: for a 422 with a list of faults."""
    faults = [{"type": "test", "loc": ["body"], "msg": detail}]
    body = {"detail": faults} if status == 422 else {"type": "test", "title": "No", "status": status, "detail": detail}

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, json=body)

    return answer


async def unreachable(route: Route) -> None:
    """No answer at all."""
    await route.abort("connectionrefused")


class App:
    """The page, and the API beside it to see what was really stored."""

    def __init__(self, page: Page, client: httpx.AsyncClient, complaints: list[str]) -> None:
        self.page = page
        self.client = client
        self.complaints = complaints
        self.field = page.get_by_label("New task")
        self.items = page.get_by_role("list", name="tasks").get_by_role("listitem")
        self.alert = page.get_by_role("alert")
        self.dialog = page.locator("dialog[open]")
        self.status = page.get_by_role("status").last
        self.try_again = page.get_by_role("button", name="Try again", exact=True)

    async def open(self, path: str = "/", *, told: bool = True) -> None:
        """Load the page and wait for the list and, unless it is not to be `told`, until it follows what changes."""
        if not told:
            await self.page.route("**/api/v1/changes/stream*", unreachable)
        await self.page.goto(path)
        await expect(self.page.get_by_role("main")).to_have_attribute("aria-busy", "false")
        if told:
            await until(self._read_twice)

    async def _read_twice(self) -> bool:
        return bool(await self.page.evaluate(READ_TWICE))  # not wait_for_function: the page's policy forbids it

    async def given(self, *titles: str, done: bool = False, description: str | None = None) -> list[str]:
        """Store tasks behind the page's back. Gives their ids."""
        ids = []
        for title in titles:
            made = (await self.client.post("/tasks", json={"title": title, "description": description})).json()
            if done:
                await self.client.put(f"/tasks/{made['id']}", json={"completed": True})
            ids.append(made["id"])
        return ids

    async def stored(self, member: str = "title") -> list[Any]:
        """One member of every task that the server has."""
        return [task[member] for task in (await self.client.get("/tasks")).json()]

    async def add(self, title: str) -> None:
        """Type a title and press Enter."""
        await self.field.fill(title)
        await self.field.press("Enter")

    def tick(self, title: str) -> Locator:
        """The checkbox of a task."""
        return self.page.get_by_role("checkbox", name=title, exact=True)

    def item(self, title: str) -> Locator:
        """The row of a task."""
        return self.items.filter(has=self.tick(title))

    async def press(self, button: str) -> None:
        """Click a button by its name."""
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def delete(self, title: str) -> None:
        """Delete a task, and mean it."""
        await self.press(f"Delete {title}")
        await self.dialog.get_by_role("button", name="Delete").click()

    async def sees(self, *titles: str) -> None:
        """Exactly these tasks are shown, in this order."""
        await expect(self.items.get_by_role("checkbox")).to_have_count(len(titles))
        await expect(self.items.locator(".title")).to_have_text(list(titles))

    async def settled(self) -> None:
        """Nothing is on its way to the server any more."""
        await expect(self.page.locator(".saving.shown")).to_have_count(0)

    async def says(self, text: str) -> None:
        """A failure is told in these words."""
        await expect(self.alert.filter(has_text=text)).to_be_visible()

    @asynccontextmanager
    async def when(self, method: str, answer: Answer) -> AsyncIterator[None]:
        """While this lasts, every such request for tasks is answered so, and never reaches the server."""

        async def intercept(route: Route) -> None:
            if route.request.method == method:
                await answer(route)
            else:
                await route.fallback()

        await self.page.route(TASKS, intercept)
        await self.page.route(ONE_TASK, intercept)
        yield
        await self.page.unroute(TASKS, intercept)
        await self.page.unroute(ONE_TASK, intercept)

    @asynccontextmanager
    async def held(self, method: str) -> AsyncIterator["Held"]:
        """While this lasts, such requests wait on their way to the server until they are let go."""
        held = Held()
        async with self.when(method, held.hold):
            yield held
            held.release()


class Held:
    """Requests that are on their way."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._arrived = asyncio.Event()

    async def hold(self, route: Route) -> None:
        """Keep one until the way is free."""
        self._arrived.set()
        await self._open.wait()
        await route.continue_()

    async def arrived(self) -> None:
        """Wait until there is one."""
        await self._arrived.wait()

    def release(self) -> None:
        """Let them all go."""
        self._open.set()
