"""The API's docs page: the whole document can be read and tried there, and the page asks nobody but this server."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.app import App, unreachable
from tests.e2e.axe import violations
from tests.e2e.conftest import Open
from tests.e2e.docs import Docs, operations, place_of
from tests.e2e.test_accessibility import LOOKS
from tests.e2e.test_layout import OVERFLOW
from tests.e2e.test_live import followers
from tests.waiting import until

V1, TASK = "Tasks v1", "/api/v1/tasks/{task_id}"
NOTE_VIOLATIONS = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (it) => refused.push(`${it.violatedDirective}: ${it.blockedURI}`));
"""
THEIRS = re.compile(r"\b(AI|MCP|Agent|Deploy|Share|Configure)\b", re.IGNORECASE)
SCALARS = {
    "aria-allowed-role",
    "aria-input-field-name",
    "aria-prohibited-attr",
    "aria-required-attr",
    "aria-valid-attr-value",
    "landmark-no-duplicate-main",
    "landmark-unique",
    "presentation-role-conflict",
    "scrollable-region-focusable",
}
"""What axe finds in the form for sending requests, all of it Scalar's own: docs/decisions/0012 has the table."""


@pytest.fixture
def docs(app: App) -> Docs:
    """The page, which is not opened yet."""
    return Docs(app)


async def use(docs: Docs) -> None:
    """Do what people do there: search, read an operation, send it."""
    await docs.open()
    await docs.search("Do up to 100 things at once")
    create = await docs.operation("Tasks", "POST", "/tasks")
    await docs.expand(create, re.compile("^201"))
    await docs.try_out(create)
    await docs.send("201 Created")


async def test_it_asks_nobody_else_and_keeps_to_its_policy(docs: Docs):
    await docs.page.add_init_script(NOTE_VIOLATIONS)
    await use(docs)
    assert await docs.page.evaluate("refused") == []
    assert docs.app.complaints == []


async def test_it_asks_nobody_else_without_a_policy_either(open_app: Open):
    app = await open_app(bypass_csp=True)
    await app.page.route(lambda url: not url.startswith(str(app.client.base_url)), unreachable)
    await use(Docs(app))
    assert app.complaints == []


async def test_nothing_leads_to_its_makers_services_but_its_name(docs: Docs):
    await docs.open()
    await docs.try_out(await docs.operation("Tasks", "POST", "/tasks"))
    theirs = docs.page.get_by_role("button", name=THEIRS)
    await expect(theirs).to_have_count(0)
    await expect(docs.page.locator("a[href^='http']")).to_have_text([re.compile("^Powered [bB]y Scalar")] * 2)


async def test_every_operation_is_there(docs: Docs, client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    await docs.open()
    for tag in [it["name"] for it in document["tags"]]:
        group = docs.sidebar.get_by_role("button", name=re.compile(f"Group - {tag}$"))
        if await group.get_attribute("aria-expanded") == "false":
            await group.click()
        for method, path, operation in operations(document):
            if operation["tags"] == [tag]:
                link = docs.sidebar.locator(f"a[href='{place_of(tag, method, path)}']")
                await expect(link).to_contain_text(operation["summary"])


async def test_a_batch_shows_each_of_its_operations(docs: Docs, client: httpx.AsyncClient):
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    kinds = [kind["$ref"].rpartition("/")[2] for kind in schemas["Batch"]["properties"]["operations"]["items"]["oneOf"]]
    assert len(kinds) == 7
    batch = await docs.operation(V1, "POST", "/api/v1/batch")
    await docs.expand(batch, "operations")
    for kind in kinds:
        await batch.get_by_role("button", name="One of").click()
        await docs.page.get_by_role("option", name=kind).click()
        const = schemas[kind]["properties"]["op"]["const"]
        await expect(batch.get_by_text(re.compile(rf"const:\s*{const}")).first).to_be_visible()


async def test_each_operation_of_a_batch_can_be_tried_from_an_example(docs: Docs):
    (one,) = await docs.app.given("One")
    batch = await docs.operation(V1, "POST", "/api/v1/batch")
    await batch.get_by_role("button", name="create and complete").click()
    await docs.page.get_by_role("option", name="trash", exact=True).click()
    await docs.try_out(batch)
    body = docs.dialog.get_by_role("textbox")
    await expect(body).to_contain_text('"op": "trash"')
    await body.fill(json.dumps({"operations": [{"op": "trash", "id": one}]}))
    await docs.send("200 OK")
    assert await docs.app.stored() == []


async def test_the_headers_of_answers_are_shown(docs: Docs):
    get = await docs.operation(V1, "GET", TASK)
    await docs.expand(get, re.compile("^200"))
    await docs.expand(get, "Headers")
    for name, meaning in (("ETag", "The task's version"), ("X-Request-ID", "The request's id")):
        await expect(get.get_by_role("listitem").filter(has_text=name).filter(has_text=meaning).first).to_be_visible()


async def test_a_task_can_be_added(docs: Docs):
    await docs.try_out(await docs.operation("Tasks", "POST", "/tasks"))
    await docs.send("201 Created")
    await expect(docs.answer).to_contain_text("Buy milk")
    assert await docs.app.stored() == ["Buy milk"]


async def test_a_path_and_a_header_can_be_filled_in(docs: Docs):
    (one,) = await docs.app.given("One")
    await docs.try_out(await docs.operation(V1, "DELETE", TASK))
    await docs.fill("task_id", one)
    await docs.fill("If-Match", '"7"')
    await docs.send("412 Precondition Failed")
    assert await docs.app.stored() == ["One"]
    await docs.fill("If-Match", '"1"')
    await docs.send("204 No Content")
    assert await docs.app.stored() == []


async def test_the_stream_is_shown_while_it_comes_and_can_be_ended(docs: Docs):
    await docs.app.given("Before")
    await docs.try_out(await docs.operation("Changes", "GET", "/api/v1/changes/stream"))
    await docs.send("200 OK")
    await until(lambda: followers(docs.app, 1))
    await docs.app.given("Meanwhile")
    await expect(docs.answer).to_contain_text("Meanwhile")
    await docs.answer.get_by_role("button", name="Cancel").click()
    await until(lambda: followers(docs.app, 0))
    await docs.page.keyboard.press("Escape")
    await expect(docs.dialog).to_be_hidden()


async def test_it_has_the_theme_that_was_chosen_in_the_app(docs: Docs):
    await docs.page.emulate_media(color_scheme="light")
    await docs.open()
    await expect(docs.page.locator("body")).to_have_class(re.compile(r"\blight-mode\b"))
    await docs.page.evaluate("localStorage.setItem('donebook.theme', 'dark')")
    await docs.open()
    await docs.page.reload()
    await expect(docs.page.locator("body")).to_have_class(re.compile(r"\bdark-mode\b"))


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_but_what_is_scalars(open_app: Open, look: dict[str, Any]):
    docs = Docs(await open_app(reduced_motion="reduce", **look))
    await docs.open()
    assert await found_by_axe(docs) == []
    batch = await docs.operation(V1, "POST", "/api/v1/batch")
    await docs.expand(batch, "operations")
    await docs.expand(batch, re.compile("^412"))
    await docs.expand(batch, "Headers")
    assert await found_by_axe(docs) == []
    await docs.try_out(await docs.operation("Tasks", "POST", "/tasks"))
    await docs.send("201 Created")
    assert {found.partition(":")[0] for found in await found_by_axe(docs)} <= SCALARS


async def found_by_axe(docs: Docs) -> list[str]:
    """What axe finds once nothing moves."""
    await docs.still()
    return await violations(docs.page)


@pytest.mark.parametrize("width", [320, 768, 1920])
async def test_nothing_is_wider_than_the_window(open_app: Open, width: int):
    docs = Docs(await open_app(viewport={"width": width, "height": 700}))
    await docs.operation(V1, "POST", "/api/v1/batch")
    for text in ("100%", "200%"):
        await docs.page.evaluate("(size) => { document.documentElement.style.fontSize = size }", text)
        assert await docs.page.evaluate(OVERFLOW) == 0


async def test_a_narrow_window_has_a_menu(open_app: Open):
    docs = Docs(await open_app(viewport={"width": 320, "height": 640}))
    await docs.open()
    await docs.page.get_by_role("button", name="Open Menu").click()
    await docs.sidebar.get_by_role("link", name="Health").click()
    await expect(docs.page.get_by_role("heading", name="Health", level=2)).to_be_in_viewport()


async def test_an_operation_is_found_and_sent_by_keyboard_alone(docs: Docs):
    await docs.open()
    await docs.search("List every task")
    await docs.page.get_by_role("heading", name="List every task", level=3).click()
    test = docs.page.get_by_role("button", name="Test Request (get /tasks)")
    for _ in range(40):
        await docs.page.keyboard.press("Tab")
        if await test.evaluate("(it) => it === document.activeElement"):
            break
    await docs.page.keyboard.press("Enter")
    await expect(docs.dialog).to_be_visible()
    await docs.page.keyboard.press("Control+Enter")
    await expect(docs.answer.get_by_role("link", name="200 OK")).to_be_visible()
    await docs.page.keyboard.press("Escape")
    await expect(docs.dialog).to_be_hidden()
