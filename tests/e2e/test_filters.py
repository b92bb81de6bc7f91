"""All, open, done."""

import pytest
from playwright.async_api import expect

from tests.e2e.app import App


@pytest.fixture
async def three(app: App) -> App:
    """Two open tasks and a done one between them."""
    await app.given("One")
    await app.given("Two", done=True)
    await app.given("Three")
    return app


async def test_each_filter_shows_its_tasks_and_counts(three: App):
    await three.open()
    for name, path, titles in (
        ("Open 2", "/open", ["One", "Three"]),
        ("Done 1", "/done", ["Two"]),
        ("All 3", "/", ["One", "Two", "Three"]),
    ):
        link = three.page.get_by_role("link", name=name, exact=True)
        await link.click()
        await three.sees(*titles)
        await expect(three.page).to_have_url(path)
        await expect(link).to_have_attribute("aria-current", "page")
        await expect(link).to_be_focused()


@pytest.mark.parametrize(("path", "titles"), [("/open", ["One", "Three"]), ("/done", ["Two"]), ("/done/", ["Two"])])
async def test_a_deep_link_works_and_reloads(three: App, path: str, titles: list[str]):
    await three.open(path)
    await three.sees(*titles)
    await three.page.reload()
    await three.sees(*titles)


async def test_back_and_forward_work(three: App):
    await three.open()
    await three.page.get_by_role("link", name="Done").click()
    await three.sees("Two")
    await three.page.go_back()
    await three.sees("One", "Two", "Three")
    await three.page.go_forward()
    await three.sees("Two")
    await expect(three.page).to_have_title("Done · Donebook")


async def test_a_task_leaves_the_filter_that_it_no_longer_fits(three: App):
    await three.open("/open")
    await three.tick("One").click()
    await three.sees("Three")
    await expect(three.tick("Three")).to_be_focused()
    await expect(three.page.get_by_role("link", name="Done 2", exact=True)).to_be_visible()
    await three.page.mouse.move(0, 0)  # a row that slid under a resting pointer is not clicked
    await three.tick("Three").click()
    await expect(three.page.get_by_text("All done.")).to_be_visible()
    await expect(three.page.get_by_role("link", name="Open 0", exact=True)).to_be_focused()


async def test_each_filter_has_words_for_nothing(app: App):
    await app.open()
    await expect(app.page.get_by_text("Nothing to do.")).to_be_visible()
    await app.given("One")
    await app.open("/done")
    await expect(app.page.get_by_text("Nothing done yet.")).to_be_visible()


async def test_what_is_being_edited_survives_a_look_elsewhere(three: App):
    await three.open()
    await three.press("Edit One")
    await three.page.get_by_label("Title").fill("Half a thou")
    await three.page.get_by_role("link", name="Done").click()
    await expect(three.page.get_by_label("Title")).to_have_value("Half a thou")
    await three.page.get_by_role("link", name="All").click()
    await expect(three.page.get_by_label("Title")).to_have_value("Half a thou")
