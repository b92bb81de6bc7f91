"""The page fits: from 320 px to a desktop, with large text, with words that do not break."""

import pytest
from playwright.async_api import expect

from tests.e2e.app import App
from tests.e2e.conftest import Open

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    html { --font: "DejaVu Sans", sans-serif; font-size: 200% }
    h1 { letter-spacing: 0.05em !important }
  `);
  document.adoptedStyleSheets = [sheet];
}"""
SMALL = """() => [...document.querySelectorAll('button, input, a, summary')]
  .filter((it) => it.checkVisibility() && it.closest('main, header, footer, section, dialog'))
  .map((it) => ({ it, box: (it.closest('label') ?? it).getBoundingClientRect() }))
  .filter(({ box }) => box.width < 24 || box.height < 24)
  .map(({ it }) => it.outerHTML)"""


@pytest.mark.parametrize("width", [320, 768, 1920])
@pytest.mark.parametrize("text", ["100%", "200%"])
async def test_nothing_is_wider_than_the_window(open_app: Open, width: int, text: str):
    app = await open_app(viewport={"width": width, "height": 700})
    await app.given("w" * 200, "https://example.org/" + "a/" * 80, description="d" * 400)
    await app.open()
    await app.page.evaluate("(size) => { document.documentElement.style.fontSize = size }", text)
    await expect(app.items.first).to_be_visible()
    assert await app.page.evaluate(OVERFLOW) == 0
    await app.page.keyboard.press("j")
    await app.page.keyboard.press("e")
    await expect(app.page.get_by_label("Title")).to_be_visible()
    assert await app.page.evaluate(OVERFLOW) == 0


async def test_headings_wrap_in_a_wide_font(open_app: Open):
    """DejaVu Sans, the only font of many Linux systems, or as wide: 200 % text on a phone."""
    app = await open_app(viewport={"width": 320, "height": 700})
    await app.given("One")
    for page in ("/", "/docs"):
        await app.page.goto(page)
        await expect(app.page.get_by_role("heading", name="Donebook").first).to_be_visible()
        await app.page.evaluate(WIDE)
        assert await app.page.evaluate(OVERFLOW) == 0


async def test_everything_to_press_is_large_enough(open_app: Open):
    app = await open_app(viewport={"width": 320, "height": 700}, has_touch=True, is_mobile=True)
    await app.given("One", "Two")
    await app.open()
    await app.press("Edit One")
    assert await app.page.evaluate(SMALL) == []
    await app.page.get_by_role("button", name="Settings").click()
    assert await app.page.evaluate(SMALL) == []


async def test_the_focused_task_is_never_covered(app: App):
    await app.given(*(f"Task {number}" for number in range(40)))
    await app.open()
    for key in ["j"] * 39 + ["k"] * 39:
        await app.page.keyboard.press(key)
    covered = """() => {
      const box = document.activeElement.getBoundingClientRect();
      return !document.activeElement.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
    }"""
    await expect(app.tick("Task 0")).to_be_focused()
    assert not await app.page.evaluate(covered)


async def test_words_written_from_the_right_are(app: App):
    await app.given("شراء الحليب")
    await app.open()
    direction = await app.page.get_by_text("شراء الحليب").evaluate("(it) => getComputedStyle(it).direction")
    assert direction == "rtl"
