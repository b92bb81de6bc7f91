"""Adding tasks."""

import pytest
from playwright.async_api import expect

from tests.e2e.app import App, refused, unreachable


async def test_a_new_task_goes_to_the_end_and_is_stored(app: App):
    await app.given("Water the plants")
    await app.open()
    await app.add("Buy milk")
    await app.sees("Water the plants", "Buy milk")
    await expect(app.field).to_have_value("")
    await expect(app.field).to_be_focused()
    await expect(app.status).to_have_text("Added “Buy milk”")
    assert await app.stored() == ["Water the plants", "Buy milk"]
    await app.page.reload()
    await app.sees("Water the plants", "Buy milk")


async def test_it_is_shown_before_the_server_answers(app: App):
    await app.open()
    async with app.held("POST") as held:
        await app.add("Buy milk")
        await held.arrived()
        await app.sees("Buy milk")
        assert await app.stored() == []
    await app.settled()
    assert await app.stored() == ["Buy milk"]


async def test_what_is_done_to_it_meanwhile_follows(app: App):
    await app.open()
    async with app.held("POST") as held:
        await app.add("Buy milk")
        await held.arrived()
        await app.tick("Buy milk").check()
        await app.press("Edit Buy milk")
        await app.page.get_by_label("Description").fill("Two bottles")
        await app.press("Save")
    await app.settled()
    await expect(app.tick("Buy milk")).to_be_checked()
    assert await app.stored("completed") == [True]
    assert await app.stored("description") == ["Two bottles"]


async def test_white_space_around_a_title_is_not_kept(app: App):
    await app.open()
    await app.add("  Buy milk \t")
    await app.settled()
    assert await app.stored() == ["Buy milk"]


@pytest.mark.parametrize("title", ["", "   ", "\u3000"])
async def test_a_title_is_needed(app: App, title: str):
    await app.open()
    await app.add(title)
    await app.says("A task needs a title.")
    await expect(app.field).to_be_focused()
    await expect(app.field).to_have_attribute("aria-invalid", "true")
    assert await app.stored() == []


async def test_a_title_is_counted_in_code_points(app: App):
    await app.open()
    await app.field.fill("😀" * 200)
    await expect(app.page.get_by_text("0 left")).to_be_visible()
    await app.field.fill("😀" * 201)
    await expect(app.page.get_by_text("1 too many")).to_be_visible()
    await app.says("A title has at most 200 characters.")
    await app.field.press("Enter")
    await expect(app.field).to_have_value("😀" * 201)
    assert await app.stored() == []
    await app.field.fill("😀" * 200)
    await app.field.press("Enter")
    await app.sees("😀" * 200)
    await app.settled()
    assert await app.stored() == ["😀" * 200]


async def test_a_double_click_makes_one_task(app: App):
    await app.open()
    await app.field.fill("Buy milk")
    await app.page.get_by_role("button", name="Add").dblclick()
    await app.sees("Buy milk")
    await app.settled()
    assert await app.stored() == ["Buy milk"]


async def test_enter_twice_makes_one_task(app: App):
    await app.open()
    await app.field.fill("Buy milk")
    await app.page.keyboard.press("Enter")
    await app.page.keyboard.press("Enter")
    await app.settled()
    assert await app.stored() == ["Buy milk"]


async def test_several_typed_fast_are_stored_in_their_order(app: App):
    titles = [f"Task {number}" for number in range(8)]
    await app.open()
    for title in titles:
        await app.add(title)
    await app.sees(*titles)
    await app.settled()
    assert await app.stored() == titles


async def test_a_refused_one_is_taken_back_and_its_words_return(app: App):
    await app.open()
    async with app.when("POST", refused(422, "title: not this one")):
        await app.add("Buy milk")
        await app.says("“Buy milk” was not added. title: not this one.")
    await app.sees()
    await expect(app.field).to_have_value("Buy milk")


async def test_try_again_adds_it_once(app: App):
    await app.open()
    async with app.when("POST", unreachable):
        await app.add("Buy milk")
        await app.says("“Buy milk” was not added. The server could not be reached.")
        await app.sees()
    await app.try_again.click()
    await app.sees("Buy milk")
    await expect(app.try_again).to_have_count(0)
    await expect(app.field).to_have_value("")
    await expect(app.field).to_be_focused()
    assert await app.stored() == ["Buy milk"]


async def test_enter_on_the_returned_words_is_try_again(app: App):
    await app.open()
    async with app.when("POST", unreachable):
        await app.add("Buy milk")
        await app.says("was not added")
        await expect(app.field).to_have_value("Buy milk")
    await app.field.press("Enter")
    await app.sees("Buy milk")
    await expect(app.try_again).to_have_count(0)
    assert await app.stored() == ["Buy milk"]


async def test_typing_over_the_returned_words_does_not_lose_them(app: App):
    await app.open()
    async with app.when("POST", unreachable):
        await app.add("Buy milk")
        await app.says("was not added")
    await app.add("Buy bread")
    await app.sees("Buy bread")
    await app.try_again.click()
    await app.sees("Buy bread", "Buy milk")
    await app.settled()
    assert await app.stored() == ["Buy bread", "Buy milk"]


async def test_what_is_typed_meanwhile_is_not_overwritten(app: App):
    await app.open()
    async with app.when("POST", unreachable):
        await app.add("Buy milk")
        await app.field.fill("Buy br")
        await app.says("“Buy milk” was not added.")
        await expect(app.field).to_have_value("Buy br")
    await app.try_again.click()
    await app.sees("Buy milk")
    await expect(app.field).to_have_value("Buy br")


async def test_many_failures_can_be_tried_again_at_once(app: App):
    await app.open()
    async with app.when("POST", unreachable):
        await app.add("One")
        await app.says("“One”")
        await app.add("Two")
        await app.says("“Two”")
    await app.press("Try all again")
    await expect(app.page.get_by_role("region", name="Not saved")).to_have_count(0)
    assert sorted(await app.stored()) == ["One", "Two"]


async def test_adding_among_the_done_shows_it_among_all(app: App):
    await app.given("Old", done=True)
    await app.open("/done")
    await app.add("New")
    await app.sees("Old", "New")
    await expect(app.page).to_have_url("/")
    await expect(app.status).to_have_text("Added “New”")  # else it may come into the next test's list
