"""A click, or a key, acts on the row that it was meant for, also when rows move."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.app import App

MORNING = datetime(2026, 1, 1, 8, tzinfo=UTC)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOLD = 1_200  # ms of the page's clock
COLLAPSE = 160
UNSEEN = 500


@pytest.fixture
async def still(app: App) -> App:
    """The page, over four tasks; its time can be stopped."""
    await app.given("One", "Two", "Three", "Four")
    return app


async def stop_time(app: App) -> None:
    """From now on the page's time passes when the test says so. Only once it is open, which takes a real clock."""
    await app.page.clock.install(time=MORNING)
    await app.page.clock.pause_at(NOON)


async def pass_time(app: App, milliseconds: int) -> None:
    """Let the page's time pass."""
    await app.page.clock.run_for(milliseconds)


async def middle(element: Locator) -> tuple[float, float]:
    """Where to click it."""
    box = await element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def click_there(app: App) -> None:
    """Click without moving the pointer."""
    await app.page.mouse.down()
    await app.page.mouse.up()


async def test_a_double_click_under_open_completes_one_task(still: App):
    await still.open("/open")
    await stop_time(still)
    await still.tick("One").dblclick()
    await still.settled()
    await still.sees("One", "Two", "Three", "Four")
    await expect(still.tick("One")).to_be_checked()
    assert await still.stored("completed") == [True, False, False, False]
    await pass_time(still, HOLD - 1)
    await still.sees("One", "Two", "Three", "Four")
    await pass_time(still, 1)
    await expect(still.page.locator(".collapsing")).to_have_count(1)
    await pass_time(still, COLLAPSE)
    await still.sees("Two", "Three", "Four")
    await expect(still.tick("Two")).to_be_focused()
    assert await still.stored("completed") == [True, False, False, False]


async def test_a_ticked_row_can_be_unticked_while_it_stays(still: App):
    await still.open("/open")
    await stop_time(still)
    for _ in range(2):
        await still.tick("One").click()
        await pass_time(still, HOLD - 1)
    await still.settled()
    await pass_time(still, HOLD + COLLAPSE)
    await still.sees("One", "Two", "Three", "Four")
    assert await still.stored("completed") == [False] * 4


async def test_rows_that_are_ticked_one_after_the_other_leave_together(still: App):
    await still.open("/open")
    await stop_time(still)
    for title in ("One", "Two", "Three"):
        await still.tick(title).click()
        await pass_time(still, HOLD - 1)
        await still.sees("One", "Two", "Three", "Four")
    await pass_time(still, 1)
    await pass_time(still, COLLAPSE)
    await still.sees("Four")
    await still.settled()


async def test_the_next_row_is_not_ticked_by_a_click_that_was_meant_for_the_one_that_left(still: App):
    await still.open("/open")
    await stop_time(still)
    await still.page.mouse.move(*await middle(still.tick("One")))
    await click_there(still)
    await pass_time(still, HOLD)
    await pass_time(still, COLLAPSE)
    await still.sees("Two", "Three", "Four")
    await click_there(still)
    await expect(still.tick("Two")).not_to_be_checked()
    await pass_time(still, UNSEEN)
    await click_there(still)
    await expect(still.tick("Two")).to_be_checked()
    await still.settled()
    assert await still.stored("completed") == [True, True, False, False]


async def test_a_task_ticked_elsewhere_stays_for_a_moment_too(still: App):
    await still.open("/open")
    await stop_time(still)
    one, *_ = await still.stored("id")
    await still.client.put(f"/tasks/{one}", json={"completed": True})
    await expect(still.tick("One")).to_be_checked()
    await pass_time(still, HOLD - 1)
    await still.sees("One", "Two", "Three", "Four")
    await pass_time(still, 1)
    await pass_time(still, COLLAPSE)
    await still.sees("Two", "Three", "Four")


async def test_a_row_that_slides_under_the_pointer_is_not_clicked(still: App):
    """Someone else deletes a task above just before the click."""
    await still.open()
    await stop_time(still)
    one, *_ = await still.stored("id")
    await still.page.mouse.move(*await middle(still.tick("Two")))
    await still.client.delete(f"/tasks/{one}")
    await still.sees("Two", "Three", "Four")
    await click_there(still)
    await still.page.keyboard.press("Escape")  # whatever the click did is done by now
    await expect(still.page.get_by_role("checkbox", checked=True)).to_have_count(0)
    await still.page.mouse.move(*await middle(still.tick("Two")))
    await click_there(still)  # this one is meant for what is there
    await expect(still.tick("Two")).to_be_checked()
    await still.settled()
    assert await still.stored("completed") == [True, False, False]


async def test_a_row_above_those_that_moved_can_be_clicked_at_once(still: App):
    await still.open()
    await stop_time(still)
    *_, four = await still.stored("id")
    await still.page.mouse.move(*await middle(still.tick("Two")))
    await still.client.delete(f"/tasks/{four}")
    await still.sees("One", "Two", "Three")
    await click_there(still)
    await expect(still.tick("Two")).to_be_checked()
    await still.settled()


async def test_a_choice_that_comes_up_under_the_pointer_is_not_made_by_a_click_for_the_list(app: App):
    ids = await app.given("One", "Two")
    await app.open(told=False)
    take = app.page.get_by_role("button", name="Take theirs")

    async def save_over(id_: str, title: str, there: tuple[float, float]) -> None:
        """Edit what somebody else edits; the question comes when the pointer rests `there`."""
        async with app.held("PATCH") as held:
            async with app.page.expect_response("**/api/v1/tasks/*"):
                await app.press(f"Edit {title}")
            await app.client.patch(f"/api/v1/tasks/{id_}", json={"title": "Their words"})
            await app.page.get_by_label("Title").fill("My words")
            await app.page.keyboard.press("Enter")
            await held.arrived()
            await app.page.mouse.move(*there)
        await expect(take).to_be_visible()

    await save_over(ids[0], "One", (0, 0))
    where = await middle(take)
    await take.click()
    await expect(take).to_have_count(0)
    await stop_time(app)
    await save_over(ids[1], "Two", where)
    await click_there(app)
    await expect(take).to_be_visible()
    await pass_time(app, UNSEEN)
    await click_there(app)
    await expect(take).to_have_count(0)


@pytest.fixture
async def page_full(app: App) -> AsyncIterator[App]:
    """Tasks down to the end of the window, so that there are some behind a dialog."""
    await app.given(*(f"Task {number}" for number in range(16)))
    await app.open()
    yield app
    await app.settled()
    assert len(await app.stored()) == 15
    assert await app.stored("completed") == [False] * 15


async def test_a_double_click_on_delete_deletes_one_task_and_nothing_else(page_full: App):
    """On a phone, where the button lies above the ticks, of rows that do not move."""
    page = page_full.page
    await page.set_viewport_size({"width": 360, "height": 740})
    await page_full.press("Delete Task 15")
    button = await page_full.dialog.get_by_role("button", name="Delete").bounding_box()
    assert button is not None
    ticks = [await tick.bounding_box() for tick in await page.get_by_role("checkbox").all()]
    x = button["x"] + 8
    middles = (box["y"] + box["height"] / 2 for box in ticks if box and box["x"] < x < box["x"] + box["width"])
    await page.mouse.dblclick(x, next(y for y in middles if button["y"] < y < button["y"] + button["height"]))
    await expect(page_full.items).to_have_count(15)
    await page_full.settled()
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)


async def test_a_key_that_is_held_down_deletes_one_task_after_one_question(page_full: App):
    keys = page_full.page.keyboard
    await page_full.page.get_by_role("button", name="Delete Task 3").focus()
    for _ in range(4):
        await keys.down("Enter")  # each but the first is a repetition
    await expect(page_full.dialog).to_be_visible()
    await expect(page_full.items).to_have_count(16)
    await keys.up("Enter")
    for _ in range(4):
        await keys.down("Enter")
    await keys.up("Enter")
    await expect(page_full.items).to_have_count(15)
    await expect(page_full.tick("Task 4")).to_be_focused()
    await expect(page_full.dialog).to_have_count(0)
    await expect(page_full.page.locator(".editor")).to_have_count(0)


@pytest.mark.parametrize("key", ["x", "Space"])
async def test_a_key_that_is_held_down_ticks_once(still: App, key: str):
    await still.open("/open")
    await stop_time(still)
    await still.tick("One").focus()
    for _ in range(3):
        await still.page.keyboard.down(key)
    await still.page.keyboard.up(key)
    await expect(still.tick("One")).to_be_checked()
    await pass_time(still, HOLD)
    await pass_time(still, COLLAPSE)
    await still.sees("Two", "Three", "Four")
    await still.settled()
    assert await still.stored("completed") == [True, False, False, False]


async def test_a_key_that_opens_a_form_is_not_typed_into_it(app: App):
    await app.given("One")
    await app.open()
    await app.tick("One").focus()
    for key, label in (("e", "Title"), ("n", "New task")):
        for _ in range(3):
            await app.page.keyboard.down(key)
        await app.page.keyboard.up(key)
        await expect(app.page.get_by_label(label)).to_be_focused()
        await expect(app.page.get_by_label(label)).to_have_value({"e": "One", "n": ""}[key])
        await app.page.keyboard.press("Escape")


async def test_keys_that_are_held_down_go_on_through_the_list(app: App):
    await app.given("One", "Two", "Three")
    await app.open()
    for _ in range(3):
        await app.page.keyboard.down("j")
    await app.page.keyboard.up("j")
    await expect(app.tick("Three")).to_be_focused()
