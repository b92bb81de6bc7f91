"""Deleting."""

from playwright.async_api import expect

from tests.e2e.app import App, refused, unreachable


async def test_a_task_is_deleted_after_a_question(app: App):
    await app.given("One", "Two", "Three")
    await app.open()
    await app.press("Delete Two")
    await expect(app.dialog).to_contain_text("Two")
    await app.sees("One", "Two", "Three")
    await app.dialog.get_by_role("button", name="Delete").click()
    await app.sees("One", "Three")
    await expect(app.status).to_have_text("Deleted “Two”")
    assert await app.stored() == ["One", "Three"]


async def test_it_can_be_kept(app: App):
    await app.given("One")
    await app.open()
    for leave in ("Keep", "Escape"):
        await app.press("Delete One")
        await (app.press("Keep") if leave == "Keep" else app.page.keyboard.press("Escape"))
        await expect(app.dialog).to_have_count(0)
        await expect(app.page.get_by_role("button", name="Delete One")).to_be_focused()
    assert await app.stored() == ["One"]


async def test_the_focus_goes_to_the_neighbour(app: App):
    await app.given("One", "Two", "Three")
    await app.open()
    for title, focused in (("Two", app.tick("Three")), ("Three", app.tick("One"))):
        await app.delete(title)
        await expect(focused).to_be_focused()
    await app.delete("One")
    await expect(app.page.get_by_role("link", name="All")).to_be_focused()


async def test_it_comes_back_in_its_place_when_the_server_refuses(app: App):
    await app.given("One", "Two", "Three")
    await app.open()
    async with app.when("DELETE", refused(500, "Something went wrong on the server")):
        await app.delete("Two")
        await app.says("“Two” was not deleted. Something went wrong on the server.")
        await app.sees("One", "Two", "Three")
    await app.try_again.click()
    await app.sees("One", "Three")
    await expect(app.try_again).to_have_count(0)
    assert await app.stored() == ["One", "Three"]


async def test_it_comes_back_when_the_server_cannot_be_reached(app: App):
    await app.given("One")
    await app.open()
    async with app.when("DELETE", unreachable):
        await app.delete("One")
        await app.says("“One” was not deleted. The server could not be reached.")
        await app.sees("One")


async def test_it_is_gone_at_once_while_the_server_is_slow(app: App):
    await app.given("One", "Two")
    await app.open()
    async with app.held("DELETE") as held:
        await app.delete("One")
        await held.arrived()
        await app.sees("Two")
        assert await app.stored() == ["One", "Two"]
    await app.settled()
    assert await app.stored() == ["Two"]


async def test_what_others_deleted_first_just_goes(app: App):
    (id_,) = await app.given("One")
    await app.open(told=False)  # else it is gone before it can be touched
    await app.client.delete(f"/tasks/{id_}")
    await app.delete("One")
    await app.says("“One” is gone. It had already been deleted elsewhere.")
    await app.sees()
    await expect(app.try_again).to_have_count(0)
    await app.press("Dismiss")
    await expect(app.page.get_by_role("region", name="Not saved")).to_have_count(0)
