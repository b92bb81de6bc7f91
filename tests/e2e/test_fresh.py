"""The page keeps up with the server, without trampling on what someone is doing."""

import asyncio

from playwright.async_api import Dialog, Page, Route, expect

from tests.e2e.app import App, refused, unreachable
from tests.e2e.conftest import Open

COME_BACK = "dispatchEvent(new Event('focus'))"


async def beside(app: App) -> App:
    """The same app in another tab of the same browser."""
    page: Page = await app.page.context.new_page()
    return App(page, app.client, app.complaints)


async def test_two_tabs_show_the_same(app: App):
    await app.given("One")
    await app.open()
    other = await beside(app)
    await other.open()
    await other.add("Two")
    await app.sees("One", "Two")
    await app.tick("One").click()
    await expect(other.tick("One")).to_be_checked()
    await other.delete("Two")
    await app.sees("One")


async def test_coming_back_shows_what_others_did(app: App):
    (one,) = await app.given("One")
    await app.open()
    await app.given("Two")
    await app.client.put(f"/tasks/{one}", json={"completed": True})
    await app.page.evaluate(COME_BACK)
    await app.sees("One", "Two")
    await expect(app.tick("One")).to_be_checked()


async def test_an_edit_under_way_is_left_alone(app: App):
    (one,) = await app.given("One")
    await app.open()
    await app.press("Edit One")
    await app.page.get_by_label("Title").fill("Half a thou")
    await app.client.put(f"/tasks/{one}", json={"title": "Uno", "description": "Elsewhere"})
    await app.given("Two")
    await app.page.evaluate(COME_BACK)
    await expect(app.tick("Two")).to_be_visible()
    title = app.page.get_by_label("Title", exact=True)
    await expect(title).to_have_value("Half a thou")
    await expect(title).to_be_focused()
    await title.fill("Half a thought")
    await app.press("Keep mine")
    await app.press("Save")
    await app.sees("Half a thought", "Two")
    await app.settled()
    assert await app.stored() == ["Half a thought", "Two"]
    assert await app.stored("description") == ["Elsewhere", None]


async def test_a_task_that_others_delete_stays_while_it_is_edited(app: App):
    (one, _) = await app.given("One", "Two")
    await app.open()
    await app.press("Edit One")
    await app.client.delete(f"/tasks/{one}")
    await app.given("Three")
    await app.page.evaluate(COME_BACK)
    await expect(app.tick("Three")).to_be_visible()
    await expect(app.page.get_by_label("Title")).to_have_value("One")
    await app.says("This task was deleted elsewhere.")


async def test_an_old_list_does_not_undo_a_new_answer(app: App):
    await app.given("One")
    await app.open()
    answered, go = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        old = await route.fetch()
        answered.set()
        await go.wait()
        await route.fulfill(response=old)

    async with app.when("GET", late):
        await app.page.evaluate(COME_BACK)
        await answered.wait()
        await app.tick("One").click()
        await expect(app.status).to_have_text("Completed “One”")
        async with app.page.expect_response("**/tasks"):
            go.set()
    await app.page.evaluate(COME_BACK)
    await expect(app.tick("One")).to_be_checked()


async def test_the_focus_stays_when_others_delete_the_task_that_has_it(app: App):
    one, *_ = await app.given("One", "Two")
    await app.open()
    await app.tick("One").focus()
    await app.client.delete(f"/tasks/{one}")
    await app.page.evaluate(COME_BACK)
    await app.sees("Two")
    await expect(app.tick("Two")).to_be_focused()


async def test_a_slow_list_says_that_it_is_coming(app: App):
    await app.given("One")
    async with app.held("GET") as held:
        await app.page.goto("/")
        await held.arrived()
        await expect(app.page.get_by_text("Loading your tasks")).to_have_count(1)
        await expect(app.page.get_by_text("Nothing to do.")).to_have_count(0)
    await app.sees("One")
    await expect(app.page.get_by_text("Loading your tasks")).to_have_count(0)


async def test_a_list_that_cannot_be_loaded_says_why_and_can_be_tried_again(app: App):
    await app.given("One")
    # When the stream opens, the list is read without being asked for.
    await app.page.route("**/api/v1/changes/stream*", unreachable)
    async with app.when("GET", refused(503, "The database cannot be reached; nothing was changed")):
        await app.page.goto("/")
        await app.says("Your tasks could not be loaded.")
        await app.says("The database cannot be reached")
        await app.try_again.click()
        await app.says("Your tasks could not be loaded.")
    await app.try_again.click()
    await app.sees("One")
    await expect(app.alert).to_have_count(0)
    await expect(app.tick("One")).to_be_focused()


async def test_a_list_that_cannot_be_read_again_is_kept_and_says_so(app: App):
    await app.given("One")
    await app.open()
    async with app.when("GET", unreachable):
        await app.page.evaluate(COME_BACK)
        stale = app.page.get_by_text("This list may be out of date. The server could not be reached.")
        await expect(stale).to_be_visible()
        await app.sees("One")
    await app.page.evaluate(COME_BACK)
    await expect(stale).to_have_count(0)


async def test_leaving_with_something_unsaved_asks_first(app: App):
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    app.page.on("dialog", leave)
    await app.given("One")
    await app.open()
    await app.page.reload()
    assert asked == []
    async with app.when("PUT", unreachable):
        await app.tick("One").click()
        await app.says("was not marked as done")
    await app.page.reload()
    assert asked == ["beforeunload"]


async def test_another_browser_sees_it_too(app: App, open_app: Open):
    await app.open()
    await app.add("One")
    await app.settled()
    other = await open_app()
    await other.open()
    await other.sees("One")
