"""Everything by keyboard."""

import pytest
from playwright.async_api import expect

from tests.e2e.app import App

FOCUS = """() => {
  const it = document.activeElement;
  const style = getComputedStyle(it);
  const mark = it.closest('.add') ? getComputedStyle(it.closest('.add')).boxShadow : style.outlineStyle;
  return { name: it.ariaLabel || it.textContent || it.id, seen: mark !== 'none' && it.matches(':focus-visible') };
}"""


async def test_tab_reaches_everything_and_the_focus_is_always_seen(app: App):
    await app.given("One")
    await app.open()
    names = []
    for _ in range(10):
        await app.page.keyboard.press("Tab")
        focus = await app.page.evaluate(FOCUS)
        assert focus["seen"], focus
        names.append(focus["name"].strip())
    assert names == [
        *("Settings", "add-title", "Add", "All 1", "Open 1", "Done 0"),
        *(names[6], "Edit One", "Delete One", "API docs"),
    ]
    await app.page.keyboard.press("Shift+Tab")
    await app.page.keyboard.press("Shift+Tab")
    await app.page.keyboard.press("Shift+Tab")
    await expect(app.tick("One")).to_be_focused()


async def test_a_task_lives_its_life_without_a_mouse(app: App):
    await app.open()
    keys = app.page.keyboard
    await keys.press("n")
    await keys.type("Buy milk")
    await keys.press("Enter")
    await app.sees("Buy milk")
    await keys.press("Escape")
    await expect(app.tick("Buy milk")).to_be_focused()
    await keys.press("e")
    await expect(app.page.get_by_label("Title")).to_be_focused()
    await keys.type(" and bread")
    await keys.press("Tab")
    await keys.type("Rye")
    await keys.press("Control+Enter")
    await app.sees("Buy milk and bread")
    await keys.press("x")
    await expect(app.tick("Buy milk and bread")).to_be_checked()
    await keys.press("#")
    await expect(app.dialog).to_be_visible()
    await keys.press("Enter")
    await app.sees()
    await app.settled()
    assert await app.stored() == []


async def test_moving_between_tasks(app: App):
    await app.given("One", "Two", "Three")
    await app.open()
    down = (("j", "One"), ("j", "Two"), ("ArrowDown", "Three"), ("j", "Three"))
    up = (("k", "Two"), ("ArrowUp", "One"), ("k", "One"))
    for key, title in (*down, *up):
        await app.page.keyboard.press(key)
        await expect(app.tick(title)).to_be_focused()


async def test_enter_edits_and_space_ticks(app: App):
    await app.given("One")
    await app.open()
    await app.tick("One").focus()
    await app.page.keyboard.press("Space")
    await expect(app.tick("One")).to_be_checked()
    await app.page.keyboard.press("Enter")
    await expect(app.page.get_by_label("Title")).to_be_focused()
    await app.page.keyboard.press("Escape")
    await expect(app.page.get_by_role("button", name="Edit One")).to_be_focused()
    await app.page.keyboard.press("Delete")
    await expect(app.dialog).to_be_visible()
    await app.page.keyboard.press("Escape")
    await expect(app.page.get_by_role("button", name="Edit One")).to_be_focused()


async def test_digits_choose_the_filter(app: App):
    await app.open()
    for key, path in (("2", "/open"), ("3", "/done"), ("1", "/")):
        await app.page.keyboard.press(key)
        await expect(app.page).to_have_url(path)


async def test_shortcuts_are_letters_while_someone_types(app: App):
    await app.given("One")
    await app.open()
    await app.field.press_sequentially("njkex#123?")
    await expect(app.field).to_have_value("njkex#123?")
    await expect(app.dialog).to_have_count(0)
    await app.press("Edit One")
    await app.page.get_by_label("Description").press_sequentially("x#?")
    await expect(app.page.get_by_label("Description")).to_have_value("x#?")


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
async def test_shortcuts_leave_combinations_to_the_browser(app: App, modifier: str):
    await app.given("One")
    await app.open()
    await app.tick("One").focus()
    for key in ("x", "e", "j"):
        await app.page.keyboard.press(f"{modifier}+{key}")
    await expect(app.tick("One")).not_to_be_checked()
    await expect(app.page.get_by_label("Title")).to_have_count(0)


async def test_single_key_shortcuts_can_be_turned_off_for_good(app: App):
    await app.given("One")
    await app.open()
    await app.page.keyboard.press("?")
    await app.dialog.get_by_label("Letters, digits and signs are shortcuts").uncheck()
    await app.page.keyboard.press("Escape")
    await app.page.reload()
    await app.sees("One")
    for key in ("n", "2", "?", "j"):
        await app.page.keyboard.press(key)
    await expect(app.page).to_have_url("/")
    await expect(app.dialog).to_have_count(0)
    await expect(app.page.locator("body")).to_be_focused()
    await app.tick("One").focus()
    await app.page.keyboard.press("Enter")
    await expect(app.page.get_by_label("Title")).to_be_focused()


async def test_the_dialog_keeps_the_focus_and_gives_it_back(app: App):
    await app.open()
    await app.page.get_by_role("button", name="Settings").focus()
    await app.page.keyboard.press("Enter")
    await expect(app.dialog.get_by_role("button", name="Close")).to_be_focused()
    await app.page.keyboard.press("2")
    await expect(app.page).to_have_url("/")
    await app.page.keyboard.press("Escape")
    await expect(app.dialog).to_have_count(0)
    await expect(app.page.get_by_role("button", name="Settings")).to_be_focused()


async def test_the_colours_are_chosen_and_remembered(app: App):
    await app.open()
    dark = "getComputedStyle(document.documentElement).colorScheme"
    await app.page.keyboard.press("?")
    await app.dialog.get_by_label("Dark").check()
    assert await app.page.evaluate(dark) == "dark"
    await app.page.reload()
    await expect(app.field).to_be_visible()
    assert await app.page.evaluate(dark) == "dark"
