"""axe finds nothing in any state, light and dark, wide and narrow."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.app import App, refused
from tests.e2e.axe import violations
from tests.e2e.conftest import Open

LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": viewport}, id=f"{scheme}-{viewport['width']}")
    for scheme in ("light", "dark")
    for viewport in ({"width": 1280, "height": 800}, {"width": 320, "height": 640})
]


@pytest.fixture(params=LOOKS)
async def app(open_app: Open, request: pytest.FixtureRequest) -> App:
    """The app in one of its looks, without movement, which would be caught half-way."""
    look: dict[str, Any] = request.param
    return await open_app(reduced_motion="reduce", **look)


async def test_reading(app: App):
    async with app.held("GET") as held:
        await app.page.goto("/")
        await held.arrived()
        assert await violations(app.page) == []
    await expect(app.page.get_by_text("Nothing to do.")).to_be_visible()
    assert await violations(app.page) == []
    await app.given("Buy milk", description="Two bottles")
    await app.given("شراء الخبز", "x" * 200, done=True)
    for path in ("/", "/open", "/done"):
        await app.open(path)
        await expect(app.items.first).to_be_visible()
        assert await violations(app.page) == []


async def test_not_being_able_to_read(app: App):
    async with app.when("GET", refused(503, "The database cannot be reached; nothing was changed")):
        await app.page.goto("/")
        await app.says("could not be loaded")
        assert await violations(app.page) == []


async def test_writing(app: App):
    await app.given("Buy milk", "Buy bread")
    await app.open()
    await app.tick("Buy milk").hover()
    await app.tick("Buy milk").focus()
    assert await violations(app.page) == []
    await app.field.fill("x" * 201)
    assert await violations(app.page) == []
    await app.field.fill("")
    await app.press("Edit Buy milk")
    assert await violations(app.page) == []
    await app.page.get_by_label("Title").fill("")
    await app.press("Save")
    await app.says("A task needs a title.")
    assert await violations(app.page) == []
    await app.press("Cancel")
    await app.press("Delete Buy milk")
    assert await violations(app.page) == []
    await app.press("Keep")
    await app.page.keyboard.press("?")
    await expect(app.dialog).to_be_visible()
    assert await violations(app.page) == []


async def test_not_being_able_to_write(app: App):
    await app.given("Buy milk")
    await app.open()
    no = refused(500, "Something went wrong on the server")
    async with app.when("PUT", no), app.when("POST", no), app.when("GET", no):
        await app.page.evaluate("dispatchEvent(new Event('focus'))")
        await expect(app.page.get_by_text("This list may be out of date.")).to_be_visible()
        assert await violations(app.page) == []
        await app.tick("Buy milk").click()
        await app.says("was not marked as done")
        await app.add("Buy bread")
        await app.says("was not added")
        assert await violations(app.page) == []


async def test_what_others_changed_meanwhile(app: App):
    (id_,) = await app.given("Buy milk", description="Two bottles")
    await app.open()
    await app.press("Edit Buy milk")
    await app.page.get_by_label("Title").fill("Buy oat milk")
    for members in ({"title": "Buy soy milk"}, {"description": None}):
        await app.client.patch(f"/api/v1/tasks/{id_}", json=members)
    await app.says("The title was changed elsewhere to:")
    await app.says("The description was changed elsewhere.")
    assert await violations(app.page) == []
    await app.press("Keep mine")
    async with app.held("PATCH") as held:
        await app.press("Save")
        await held.arrived()
        await app.client.patch(f"/api/v1/tasks/{id_}", json={"title": "x" * 200})
    await app.says("It was changed elsewhere meanwhile.")
    assert await violations(app.page) == []
    await app.press("Take theirs")
    await app.press(f"Edit {'x' * 200}")
    await app.client.delete(f"/tasks/{id_}")
    await app.says("This task was deleted elsewhere.")
    assert await violations(app.page) == []
