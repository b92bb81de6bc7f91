"""The API's docs page in a browser, with the words that the tests use for it."""

import re
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.app import App
from tests.waiting import until

OPENS = 60_000  # ms: how long a busy machine may take to run a script of five megabytes


class Docs:
    """The page that Scalar draws."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.page = app.page
        self.sidebar = app.page.get_by_role("complementary", name="Sidebar")
        self.dialog = app.page.get_by_role("dialog", name="API Client")
        self.answer = self.dialog.get_by_role("region", name="Response")

    async def open(self, place: str = "") -> None:
        """Load the page, at a place in it, and wait until it shows the document."""
        await self.page.goto(f"/docs{place}")
        await expect(self.page.get_by_role("heading", name="Donebook", level=1)).to_be_attached(timeout=OPENS)

    async def still(self) -> None:
        """Wait until no colour is on its way to another."""
        await until(self._still)

    async def _still(self) -> bool:
        return bool(await self.page.evaluate("document.getAnimations().every((it) => !(it instanceof CSSTransition))"))

    async def operation(self, tag: str, method: str, path: str) -> Locator:
        """Load the page at an operation. Gives its part of the page."""
        place = place_of(tag, method, path)
        if "/docs" in self.page.url:  # else only the fragment would change
            await self.page.goto("/openapi.json")
        await self.open(place)
        found = self.page.locator(f"section[id$='{place.removeprefix('#')}']")
        await expect(found.get_by_role("heading", level=3)).to_be_in_viewport()
        return found

    async def search(self, summary: str) -> None:
        """Go to an operation by keyboard alone."""
        await self.page.keyboard.press("Control+k")
        await self.page.keyboard.type(summary)
        await expect(self.page.get_by_role("option", name=summary).first).to_be_visible()
        await self.page.keyboard.press("ArrowDown")
        await self.page.keyboard.press("Enter")
        await expect(self.page.get_by_role("heading", name=summary, level=3)).to_be_in_viewport()

    async def expand(self, part: Locator, name: str | re.Pattern[str]) -> None:
        """Open what is folded, by keyboard: what appears under the pointer would be in its way."""
        button = part.get_by_role("button", name=name).first
        await button.press("Enter")
        await expect(button).to_have_attribute("aria-expanded", "true")

    async def try_out(self, operation: Locator) -> None:
        """Open the form from which an operation is sent."""
        await operation.get_by_role("button", name="Test Request").click()
        await expect(self.dialog.get_by_role("button", name="Send ").first).to_be_visible()

    async def send(self, status: str) -> None:
        """Send what the form has, and wait for its answer."""
        await self.dialog.get_by_role("button", name=re.compile("^Send .* request")).click()
        await expect(self.answer.get_by_role("link", name=status)).to_be_visible()

    async def fill(self, name: str, value: str) -> None:
        """Give a parameter or a header of the form a value."""
        row = self.dialog.get_by_role("row", name=f"Include {name} in request")
        await row.get_by_role("combobox", name="Value").fill(value)
        await expect(row.get_by_role("checkbox")).to_be_checked()


def place_of(tag: str, method: str, path: str) -> str:
    """The fragment that leads to an operation."""
    return f"#tag/{tag.lower().replace(' ', '-')}/{method.upper()}{path}"


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of an OpenAPI document, with its method and its path."""
    return [(method, path, it) for path, methods in document["paths"].items() for method, it in methods.items()]
