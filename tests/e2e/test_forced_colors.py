"""With forced colours (as in Windows' high contrast) every state can still be told."""

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.app import App
from tests.e2e.conftest import Open

LOOKS = [pytest.param({"forced_colors": "active", "color_scheme": it}, id=it) for it in ("light", "dark")]

DECORATION = "element => getComputedStyle(element).textDecorationLine"
# Drawn in a colour that is not that of what is behind it.
LINE = """(element) => {
  const style = getComputedStyle(element, '::after');
  const canvas = getComputedStyle(document.documentElement).backgroundColor;
  return style.borderBottomStyle === 'solid' && parseFloat(style.borderBottomWidth) >= 2
    && style.borderBottomColor !== canvas && style.borderBottomColor !== 'rgba(0, 0, 0, 0)';
}"""
TICK = """(element) => {
  const style = getComputedStyle(element, '::after');
  const canvas = getComputedStyle(document.documentElement).backgroundColor;
  return style.backgroundColor !== canvas && style.forcedColorAdjust === 'none' && !style.clipPath.includes('100%');
}"""
OUTLINE = """(element) => {
  const style = getComputedStyle(element);
  return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
}"""
# Forced colours, and a selection, draw what is transparent in a colour that can be seen.
UNSEEN_LINES = """[...document.querySelectorAll('*')].filter((element) => {
  const style = getComputedStyle(element);
  return style.textDecorationLine !== 'none' && style.textDecorationColor === 'rgba(0, 0, 0, 0)';
}).length"""


@pytest.fixture(params=LOOKS)
async def forced(open_app: Open, request: pytest.FixtureRequest) -> App:
    """The page with forced colours, over an open task and a done one."""
    app = await open_app(reduced_motion="reduce", **request.param)
    await app.given("Open one")
    await app.given("Done one", done=True)
    await app.open()
    assert await app.page.evaluate("matchMedia('(forced-colors: active)').matches")
    return app


def title(app: App, text: str) -> Locator:
    """The title of a task."""
    return app.item(text).locator(".title")


async def test_only_what_is_done_is_struck_through(forced: App):
    assert await title(forced, "Open one").evaluate(DECORATION) == "none"
    assert await title(forced, "Done one").evaluate(DECORATION) == "line-through"
    await forced.tick("Open one").click()
    await expect(forced.tick("Open one")).to_be_checked()
    assert await title(forced, "Open one").evaluate(DECORATION) == "line-through"
    await forced.tick("Done one").click()
    await expect(forced.tick("Done one")).not_to_be_checked()
    assert await title(forced, "Done one").evaluate(DECORATION) == "none"
    await forced.settled()


async def test_the_current_filter_is_marked(forced: App):
    for name in ("Open", "Done", "All"):
        link = forced.page.get_by_role("link", name=name)
        await link.click()
        assert await link.evaluate(LINE)
        for other in await forced.page.locator(".filters a:not([aria-current])").all():
            assert not await other.evaluate(LINE)


async def test_what_is_ticked_and_what_has_the_focus_is_marked(forced: App):
    assert await forced.tick("Done one").evaluate(TICK)
    assert not await forced.tick("Open one").evaluate(TICK)
    await forced.page.keyboard.press("j")
    await expect(forced.tick("Open one")).to_be_focused()
    assert await forced.tick("Open one").evaluate(OUTLINE)
    await forced.page.keyboard.press("e")
    assert await forced.page.get_by_label("Title").evaluate(OUTLINE)
    await forced.page.keyboard.press("Escape")
    form = forced.page.locator(".add")
    assert not await form.evaluate(OUTLINE)
    await forced.page.keyboard.press("n")
    assert await form.evaluate(OUTLINE)


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_no_line_is_only_hidden_by_its_colour(app: App, path: str):
    await app.given("Open one")
    await app.given("Done one", done=True)
    await app.page.goto(path)
    await expect(app.page.get_by_role("heading").first).to_be_visible()
    if path == "/":
        await app.sees("Open one", "Done one")
    assert await app.page.evaluate(UNSEEN_LINES) == 0
