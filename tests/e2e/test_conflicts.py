"""Nothing that somebody else wrote is replaced without a question, and nothing that was typed is lost."""

import pytest
from playwright.async_api import Locator, Request, Route, expect

from tests.e2e.app import App, unreachable


def field(app: App, name: str) -> Locator:
    """A field of the editor."""
    return app.page.get_by_label(name, exact=True)


async def edit(app: App, title: str) -> None:
    """Open the editor and wait until it knows the task's version."""
    async with app.page.expect_response("**/api/v1/tasks/*"):
        await app.press(f"Edit {title}")


async def elsewhere(app: App, id_: str, **members: object) -> None:
    """Somebody else changes a task."""
    (await app.client.patch(f"/api/v1/tasks/{id_}", json=members)).raise_for_status()


def edits(app: App) -> list[tuple[str | None, object]]:
    """What the page sends to change a task, from now on: `If-Match` and the body."""
    sent: list[tuple[str | None, object]] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            sent.append((request.headers.get("if-match"), request.post_data_json))

    app.page.on("request", note)
    return sent


@pytest.mark.parametrize(("choice", "title"), [("Keep mine", "Buy oat milk"), ("Take theirs", "Buy soy milk")])
async def test_saving_over_what_others_wrote_meanwhile_asks(app: App, choice: str, title: str):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open(told=False)
    await edit(app, "Buy milk")
    sent = edits(app)
    await elsewhere(app, id_, title="Buy soy milk", description="Three bottles")
    await field(app, "Title").fill("Buy oat milk")
    await app.press("Save")
    await app.says("Your changes to “Buy milk” were not saved. It was changed elsewhere meanwhile.")
    panel = app.page.get_by_role("region", name="Not saved")
    await expect(panel.get_by_role("term")).to_have_text(["Your title", "Their title"])
    await expect(panel.get_by_role("definition")).to_have_text(["Buy oat milk", "Buy soy milk"])
    await app.sees("Buy soy milk")
    assert sent == [('"1"', {"title": "Buy oat milk"})]
    assert await app.stored() == ["Buy soy milk"]
    await app.press(choice)
    await app.sees(title)
    await expect(panel).to_have_count(0)
    await expect(app.tick(title)).to_be_focused()
    await app.settled()
    assert await app.stored() == [title]
    assert await app.stored("description") == ["Three bottles"]


async def test_what_others_changed_besides_is_merged_without_a_question(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open(told=False)
    await edit(app, "Buy milk")
    sent = edits(app)
    await elsewhere(app, id_, completed=True, description="Three bottles")
    await field(app, "Title").fill("Buy oat milk")
    await app.press("Save")
    await expect(app.status).to_have_text("Saved “Buy milk”")
    await expect(app.tick("Buy oat milk")).to_be_checked()
    assert sent == [('"1"', {"title": "Buy oat milk"}), ('"2"', {"title": "Buy oat milk"})]
    assert await app.stored() == ["Buy oat milk"]
    assert await app.stored("description") == ["Three bottles"]


async def test_a_description_alone_is_not_replaced_either(app: App):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open(told=False)
    await edit(app, "Buy milk")
    await elsewhere(app, id_, description=None)
    await field(app, "Description").fill("Two bottles of oat milk")
    await app.press("Save")
    panel = app.page.get_by_role("region", name="Not saved")
    await expect(panel.get_by_role("definition")).to_have_text(["Two bottles of oat milk", "Nothing"])
    assert await app.stored("description") == [None]
    await app.press("Keep mine")
    await app.settled()
    await expect(panel).to_have_count(0)
    assert await app.stored("description") == ["Two bottles of oat milk"]


async def test_a_change_that_arrives_while_editing_says_so(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open()
    await edit(app, "Buy milk")
    await field(app, "Title").fill("Buy oat milk")
    await elsewhere(app, id_, title="Buy soy milk")
    await app.says("The title was changed elsewhere to:")
    await app.says("Buy soy milk")
    await expect(field(app, "Title")).to_have_value("Buy oat milk")
    await expect(field(app, "Title")).to_be_focused()
    await app.page.keyboard.press("Enter")
    keep = app.page.get_by_role("button", name="Keep mine")
    await expect(keep).to_be_focused()
    await app.page.keyboard.press("Enter")
    await expect(field(app, "Title")).to_be_focused()
    await expect(keep).to_have_count(0)
    await elsewhere(app, id_, title="Buy rice milk")
    await app.says("Buy rice milk")
    await app.page.get_by_role("button", name="Take theirs").press("Enter")
    await expect(field(app, "Title")).to_be_focused()
    await expect(field(app, "Title")).to_have_value("Buy rice milk")
    await field(app, "Title").fill("Buy rice milk now")
    await app.page.keyboard.press("Enter")
    await app.sees("Buy rice milk now")
    await app.settled()
    assert await app.stored() == ["Buy rice milk now"]


async def test_what_was_not_touched_follows_and_says_so(app: App):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open()
    await edit(app, "Buy milk")
    await field(app, "Title").fill("Buy oat milk")
    await elsewhere(app, id_, description="Three bottles")
    await app.says("The description was changed elsewhere. This is the new text.")
    await expect(field(app, "Description")).to_have_value("Three bottles")
    await expect(field(app, "Title")).to_have_value("Buy oat milk")
    await app.press("Save")
    await app.sees("Buy oat milk")
    await app.settled()
    assert await app.stored("description") == ["Three bottles"]


async def test_the_editor_knows_what_the_page_was_not_told(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open(told=False)
    await elsewhere(app, id_, title="Buy soy milk")
    await edit(app, "Buy milk")
    await expect(field(app, "Title")).to_have_value("Buy soy milk")


async def test_a_task_deleted_while_it_is_edited_says_so_and_can_be_added_anew(app: App):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open()
    await edit(app, "Buy milk")
    await field(app, "Title").fill("Buy oat milk")
    await app.client.delete(f"/tasks/{id_}")
    await app.says("This task was deleted elsewhere. Saving adds it as a new one.")
    await expect(field(app, "Title")).to_have_value("Buy oat milk")
    await app.press("Save")
    await app.sees("Buy oat milk")
    await expect(app.tick("Buy oat milk")).to_be_focused()
    await app.settled()
    assert await app.stored() == ["Buy oat milk"]
    assert await app.stored("description") == ["Two bottles"]


async def test_a_task_deleted_while_it_is_edited_goes_when_it_is_let_go(app: App):
    (id_, _) = await app.given("Buy milk", "Buy bread")
    await app.open()
    await edit(app, "Buy milk")
    await app.client.delete(f"/tasks/{id_}")
    await app.says("This task was deleted elsewhere.")
    await app.press("Cancel")
    await app.sees("Buy bread")
    await expect(app.tick("Buy bread")).to_be_focused()


async def test_our_own_edit_is_not_somebody_elses_when_its_answer_was_lost(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open()
    await edit(app, "Buy milk")
    await field(app, "Title").fill("Buy oat milk")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort("connectionreset")

    async with app.when("PATCH", lose):
        await app.press("Save")
        await app.says("Your changes to “Buy milk” were not saved. The server could not be reached.")
    await app.sees("Buy oat milk")
    await elsewhere(app, id_, completed=True)
    await expect(app.tick("Buy oat milk")).to_be_checked()
    await app.press("Edit Buy oat milk")
    await expect(app.page.get_by_text("elsewhere")).to_have_count(0)
    await app.press("Cancel")
    await app.try_again.click()
    await expect(app.try_again).to_have_count(0)
    await expect(app.tick("Buy oat milk")).to_be_checked()
    await app.settled()
    stored = (await app.client.get(f"/api/v1/tasks/{id_}")).json()
    assert (stored["title"], stored["completed"], stored["version"]) == ("Buy oat milk", True, 3)


async def test_trying_again_does_not_replace_what_came_meanwhile(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open()
    await edit(app, "Buy milk")
    await field(app, "Title").fill("Buy oat milk")
    async with app.when("PATCH", unreachable):
        await app.press("Save")
        await app.says("The server could not be reached.")
    await elsewhere(app, id_, title="Buy soy milk")
    await app.sees("Buy soy milk")
    await app.try_again.click()
    await app.says("It was changed elsewhere meanwhile.")
    assert await app.stored() == ["Buy soy milk"]
    await app.press("Edit Buy soy milk")  # to write something of both
    await expect(field(app, "Title")).to_have_value("Buy oat milk")
    await app.says("The title was changed elsewhere to:")
    await app.says("Buy soy milk")
    await app.page.locator(".editor").get_by_role("button", name="Keep mine").click()
    await field(app, "Title").fill("Buy soy and oat milk")
    await app.press("Save")
    await app.sees("Buy soy and oat milk")
    await app.settled()
    await expect(app.page.get_by_role("region", name="Not saved")).to_have_count(0)
    assert await app.stored() == ["Buy soy and oat milk"]


async def test_deleting_asks_about_what_is_there_now(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open()
    await app.press("Delete Buy milk")
    await elsewhere(app, id_, title="Call the doctor")
    await expect(app.dialog).to_contain_text("Call the doctor")
    await app.says("It was changed elsewhere just now.")
    await app.client.delete(f"/tasks/{id_}")
    await app.says("It has already been deleted elsewhere.")
    await expect(app.dialog).to_contain_text("Call the doctor")
    close = app.dialog.get_by_role("button", name="Close")
    await expect(close).to_be_focused()
    await close.click()
    await expect(app.dialog).to_have_count(0)
    await app.sees()


async def test_trying_to_delete_again_asks_when_it_says_something_else_by_now(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open()
    async with app.when("DELETE", unreachable):
        await app.delete("Buy milk")
        await app.says("“Buy milk” was not deleted.")
    await elsewhere(app, id_, title="Call the doctor")
    await app.sees("Call the doctor")
    await app.try_again.click()
    await expect(app.dialog).to_contain_text("Call the doctor")
    assert await app.stored() == ["Call the doctor"]
    await app.dialog.get_by_role("button", name="Delete").click()
    await app.sees()
    await app.settled()
    await expect(app.page.get_by_role("region", name="Not saved")).to_have_count(0)
    assert await app.stored() == []
