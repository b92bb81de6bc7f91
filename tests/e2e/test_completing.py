"""Completing and reopening."""

from playwright.async_api import expect

from tests.e2e.app import App, refused, unreachable


async def test_a_task_is_completed_and_reopened(app: App):
    await app.given("Buy milk")
    await app.open()
    await app.tick("Buy milk").check()
    await expect(app.status).to_have_text("Completed “Buy milk”")
    assert await app.stored("completed") == [True]
    await app.page.reload()
    await expect(app.tick("Buy milk")).to_be_checked()
    await app.tick("Buy milk").uncheck()
    await expect(app.status).to_have_text("Reopened “Buy milk”")
    assert await app.stored("completed") == [False]


async def test_it_is_taken_back_when_the_server_refuses(app: App):
    await app.given("Buy milk")
    await app.open()
    async with app.when("PUT", refused(500, "Something went wrong on the server")):
        await app.tick("Buy milk").click()
        await app.says("“Buy milk” was not marked as done. Something went wrong on the server.")
        await expect(app.tick("Buy milk")).not_to_be_checked()
    await app.try_again.click()
    await expect(app.tick("Buy milk")).to_be_checked()
    await expect(app.tick("Buy milk")).to_be_focused()
    await app.settled()
    assert await app.stored("completed") == [True]


async def test_trying_again_may_fail_again(app: App):
    await app.given("Buy milk", done=True)
    await app.open()
    async with app.when("PUT", unreachable):
        await app.tick("Buy milk").click()
        await app.says("“Buy milk” was not reopened. The server could not be reached.")
        await app.try_again.click()
        await app.says("“Buy milk” was not reopened.")
        await expect(app.tick("Buy milk")).to_be_checked()
        await expect(app.try_again).to_be_focused()


async def test_quick_clicks_end_in_the_last_wish(app: App):
    await app.given("Buy milk")
    await app.open()
    async with app.held("PUT") as held:
        for _ in range(5):
            await app.tick("Buy milk").click()
        await held.arrived()
        await expect(app.tick("Buy milk")).to_be_checked()
    await app.settled()
    await expect(app.tick("Buy milk")).to_be_checked()
    assert await app.stored("completed") == [True]


async def test_a_failure_takes_back_only_its_own_task(app: App):
    _, bad = await app.given("Good", "Bad")
    await app.open()

    async def answer(route):
        await (unreachable(route) if bad in route.request.url else route.continue_())

    async with app.when("PUT", answer):
        await app.tick("Bad").click()
        await app.tick("Good").click()
        await app.says("“Bad” was not marked as done.")
        await app.settled()
    await expect(app.tick("Good")).to_be_checked()
    await expect(app.tick("Bad")).not_to_be_checked()
    assert await app.stored("completed") == [True, False]


async def test_a_failure_can_be_dismissed(app: App):
    await app.given("Buy milk")
    await app.open()
    async with app.when("PUT", unreachable):
        await app.tick("Buy milk").click()
        await app.says("was not marked as done")
    await app.press("Dismiss")
    await expect(app.page.get_by_role("region", name="Not saved")).to_have_count(0)
    await expect(app.tick("Buy milk")).to_be_focused()


async def test_a_task_deleted_elsewhere_leaves_the_list(app: App):
    (id_,) = await app.given("Buy milk")
    await app.open(told=False)  # else it is gone before it can be touched
    await app.client.delete(f"/tasks/{id_}")
    await app.tick("Buy milk").click()
    await app.says("“Buy milk” was not marked as done. It had already been deleted elsewhere.")
    await app.sees()
