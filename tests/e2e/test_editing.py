"""Editing title and description."""

from playwright.async_api import expect

from tests.e2e.app import App, refused, unreachable


async def test_title_and_description_are_saved(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.press("Edit Buy milk")
    await expect(app.page.get_by_label("Title")).to_be_focused()
    await app.page.get_by_label("Title").fill("Buy oat milk")
    await app.page.get_by_label("Description").fill("Two bottles,\nthe blue ones")
    await app.press("Save")
    await app.sees("Buy oat milk")
    await expect(app.page.get_by_text("the blue ones")).to_be_visible()
    await expect(app.page.get_by_role("button", name="Edit Buy oat milk")).to_be_focused()
    await expect(app.status).to_have_text("Saved “Buy milk”")
    assert await app.stored() == ["Buy oat milk"]
    assert await app.stored("description") == ["Two bottles,\nthe blue ones"]


async def test_a_description_can_be_taken_away(app: App):
    await app.given("Buy milk", description="Two bottles")
    await app.open()
    await app.press("Edit Buy milk")
    await app.page.get_by_label("Description").fill("")
    await app.press("Save")
    await expect(app.page.get_by_text("Two bottles")).to_have_count(0)
    await app.settled()
    assert await app.stored("description") in ([""], [None])


async def test_a_click_on_the_words_edits_them(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.page.get_by_text("Buy milk").click()
    await expect(app.page.get_by_label("Title")).to_have_value("Buy milk")


async def test_cancel_leaves_all_as_it_was(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.press("Edit Buy milk")
    await app.page.get_by_label("Title").fill("Something else")
    await app.press("Cancel")
    await app.sees("Buy milk")
    await expect(app.page.get_by_role("button", name="Edit Buy milk")).to_be_focused()
    assert await app.stored() == ["Buy milk"]


async def test_a_title_is_needed_and_may_not_be_too_long(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.press("Edit Buy milk")
    title = app.page.get_by_label("Title")
    for text, problem in ((" ", "A task needs a title."), ("x" * 201, "A title has at most 200 characters.")):
        await title.fill(text)
        await app.press("Save")
        await app.says(problem)
        await expect(title).to_be_focused()
        await expect(title).to_have_value(text)
    assert await app.stored() == ["Buy milk"]


async def test_a_description_may_not_be_too_long(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.press("Edit Buy milk")
    description = app.page.get_by_label("Description")
    await description.fill("😀" * 50_001)
    await app.press("Save")
    await app.says("A description has at most 50,000 characters.")
    await description.fill("😀" * 50_000)
    await app.press("Save")
    await app.settled()
    assert await app.stored("description") == ["😀" * 50_000]


async def test_it_is_shown_before_the_server_answers_and_taken_back_when_it_refuses(app: App):
    await app.given("Buy milk", description="Two bottles")
    await app.open()
    async with app.when("PATCH", refused(503, "The database cannot be reached; nothing was changed")):
        await app.press("Edit Buy milk")
        await app.page.get_by_label("Title").fill("Buy oat milk")
        await app.press("Save")
        await app.says(
            "Your changes to “Buy milk” were not saved. The database cannot be reached; nothing was changed."
        )
    await app.sees("Buy milk")
    await app.try_again.click()
    await app.sees("Buy oat milk")
    await expect(app.try_again).to_have_count(0)
    assert await app.stored() == ["Buy oat milk"]
    assert await app.stored("description") == ["Two bottles"]


async def test_what_could_not_be_saved_is_there_when_it_is_edited_again(app: App):
    await app.given("Buy milk")
    await app.open()
    async with app.when("PATCH", unreachable):
        await app.press("Edit Buy milk")
        await app.page.get_by_label("Title").fill("Buy oat milk")
        await app.press("Save")
        await app.says("The server could not be reached.")
    await app.press("Edit Buy milk")
    await expect(app.page.get_by_label("Title")).to_have_value("Buy oat milk")
    await app.press("Save")
    await app.sees("Buy oat milk")
    await app.settled()
    await expect(app.try_again).to_have_count(0)
    assert await app.stored() == ["Buy oat milk"]


async def test_only_what_was_changed_is_sent(app: App):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open()
    await app.press("Edit Buy milk")
    await app.client.put(f"/tasks/{id_}", json={"description": "Three bottles"})
    await app.page.get_by_label("Title").fill("Buy oat milk")
    await app.press("Save")
    await app.settled()
    await expect(app.page.get_by_text("Three bottles")).to_be_visible()
    assert await app.stored("description") == ["Three bottles"]


async def test_saving_nothing_sends_nothing(app: App):
    await app.given("Buy milk")
    before = await app.stored("updated_at")
    await app.open()
    await app.press("Edit Buy milk")
    await app.press("Save")
    await app.settled()
    assert await app.stored("updated_at") == before


async def test_a_task_deleted_elsewhere_can_be_added_anew(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open(told=False)  # else the editor says so before it is saved
    async with app.page.expect_response(f"**/api/v1/tasks/{id_}"):
        await app.press("Edit Buy milk")
    await app.page.get_by_label("Description").fill("Much typing")
    await app.client.delete(f"/tasks/{id_}")
    await app.press("Save")
    await app.says("Your changes to “Buy milk” were not saved. It had already been deleted elsewhere.")
    await app.sees()
    await app.press("Add as a new task")
    await app.sees("Buy milk")
    await app.settled()
    await expect(app.alert).to_have_count(0)
    assert await app.stored("description") == ["Much typing"]


async def test_markup_in_a_title_is_text(app: App):
    title = "<img src=x onerror=alert(1)> & <b>bold</b>"
    await app.given(title, description=title)
    await app.open()
    await app.sees(title)
    await expect(app.page.locator("main img, main b")).to_have_count(0)
