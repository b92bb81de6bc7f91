"""Of thousands of tasks only those near the window are drawn, and nobody notices."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.e2e.app import App
from tests.e2e.axe import violations

MANY = 2_000
DRAWN = 200  # rows at most
# What stands in the middle of the window, below the field and the filter.
MIDDLE = "document.elementFromPoint(innerWidth / 2, 500).closest('.task, .gap')"
PLACE = "document.querySelector('[data-middle]').getBoundingClientRect().top"


def task(number: int) -> dict[str, object]:
    """A task; one in seven is higher than the others."""
    return {
        "id": f"0190{number:04x}-0000-7000-8000-000000000000",
        "title": f"Task {number}",
        "description": "Two bottles\nand bread" if number % 7 == 0 else None,
        "completed": number % 2 == 0,
        "created_at": "2026-01-01T10:00:00.000000Z",
        "updated_at": "2026-01-01T10:00:00.000000Z",
    }


@pytest.fixture
async def many(app: App) -> AsyncIterator[App]:
    """The page with two thousand tasks, every other one done; what is written is on its way."""
    tasks = [task(number) for number in range(MANY)]
    async with app.when("GET", lambda route: route.fulfill(json=tasks)), app.held("PUT"):
        await app.page.goto("/")
        await expect(app.page.get_by_role("link", name=f"All {MANY}")).to_be_visible()
        yield app


async def frame(app: App) -> None:
    """Wait until what was done to the page is shown."""
    await app.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def go(app: App, to: str) -> None:
    """Scroll to a place at once, as one does with the scroll bar."""
    await app.page.evaluate(f"scrollTo(0, {to})")
    await frame(app)


async def turn(app: App, pixels: int) -> None:
    """Turn the wheel over the list."""
    before = await app.page.evaluate("scrollY")
    await app.page.mouse.move(640, 500)
    await app.page.mouse.wheel(0, pixels)
    while await app.page.evaluate("scrollY") == before:
        await app.page.wait_for_timeout(20)
    await frame(app)


async def number_in_the_middle(app: App) -> int:
    """The number of the task in the middle of the window, which is drawn."""
    return int(await app.page.evaluate(f"{MIDDLE}.querySelector('.title').textContent.replace('Task ', '')"))


async def test_they_are_added_filtered_and_ticked(many: App):
    focused = many.page.locator(".task:has(:focus) .title")
    await many.field.fill("The last")
    await many.page.keyboard.press("Enter")
    await expect(many.item("The last")).to_be_in_viewport()
    await expect(many.items.last).to_have_text("The last")
    await many.page.get_by_role("link", name=f"Done {MANY // 2}").click()
    await go(many, "0")
    await many.page.keyboard.press("j")
    await many.page.keyboard.press("j")
    await expect(focused).to_have_text("Task 2")
    await many.page.keyboard.press("x")
    await expect(many.page.get_by_role("link", name=f"Done {MANY // 2 - 1}")).to_be_visible()
    await expect(focused).to_have_text("Task 4")
    assert await many.items.count() < DRAWN


async def test_whatever_is_scrolled_to_is_drawn_in_its_place(many: App):
    for part in (0, 0.25, 0.5, 0.75, 0.5):
        await go(many, f"{part} * document.documentElement.scrollHeight")
        assert abs(await number_in_the_middle(many) / MANY - part) < 0.02
        assert await many.items.count() < DRAWN
    await go(many, "document.documentElement.scrollHeight")
    await expect(many.tick(f"Task {MANY - 1}")).to_be_in_viewport()


@pytest.mark.parametrize("step", [400, -400])
async def test_nothing_jumps_while_scrolling(many: App, step: int):
    await go(many, "document.documentElement.scrollHeight / 2")
    await turn(many, step)
    for _ in range(12):
        await many.page.evaluate(f"{MIDDLE}.dataset.middle = ''")
        before = await many.page.evaluate(PLACE)
        await turn(many, step)
        assert await many.page.evaluate(PLACE) == pytest.approx(before - step, abs=1)
        await many.page.evaluate("delete document.querySelector('[data-middle]').dataset.middle")


async def test_what_is_being_edited_keeps_the_focus_wherever_one_scrolls(many: App):
    await many.page.keyboard.press("j")
    await many.page.keyboard.press("e")
    title = many.page.get_by_label("Title")
    await expect(title).to_be_focused()
    await go(many, "100_000")
    assert await number_in_the_middle(many) > 1000
    await expect(title).to_be_focused()
    await many.field.focus()
    await go(many, "60_000")
    await go(many, "0")
    await expect(title).to_be_visible()
    await expect(many.field).to_be_focused()


async def test_the_focus_stays_when_rows_come_in_above_it(many: App):
    """What stands behind them is moved in the document then, and browsers take the focus from what is moved."""
    await go(many, "30_000")
    middle = await number_in_the_middle(many)
    await many.tick(f"Task {middle}").focus()
    await many.page.keyboard.press("e")
    title = many.page.get_by_label("Title")
    await expect(title).to_be_focused()
    await title.press("Home")
    for place in ("60_000", "3_000", "100_000", "0"):
        await go(many, place)
        await expect(title).to_be_focused()
    await many.page.keyboard.type("Still ")
    await expect(title).to_have_value(f"Still Task {middle}")


async def test_the_focus_goes_to_the_neighbour_of_a_task_that_leaves_from_out_of_sight(many: App):
    await many.page.get_by_role("link", name="Open").click()
    for _ in range(3):
        await many.page.keyboard.press("j")
    await go(many, "100_000")
    assert await number_in_the_middle(many) > 1000
    await many.page.keyboard.press("x")
    await expect(many.tick("Task 7")).to_be_focused()
    await expect(many.tick("Task 7")).to_be_in_viewport()


async def test_the_keys_go_through_all_of_them(many: App):
    for _ in range(70):
        await many.page.keyboard.press("j")
    await expect(many.tick("Task 69")).to_be_focused()
    await expect(many.tick("Task 69")).to_be_in_viewport()
    for _ in range(6):
        await many.page.keyboard.press("Tab")  # the tick, the pencil and the bin of each
    await expect(many.tick("Task 71")).to_be_focused()


async def test_a_screen_reader_is_told_where_it_is(many: App):
    await go(many, "100_000")
    number = await number_in_the_middle(many)
    row = many.item(f"Task {number}")
    await expect(row).to_have_attribute("aria-posinset", str(number + 1))
    await expect(row).to_have_attribute("aria-setsize", str(MANY))
    assert await violations(many.page) == []
