"""The pages themselves: what they load, what they weigh, what may run in them, and the API's docs."""

import gzip

import httpx
import pytest
from playwright.async_api import expect

from tests.e2e.app import App, unreachable

BUDGET = 30 * 1024  # bytes of gzip


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_the_javascript_is_small(app: App, client: httpx.AsyncClient, path: str):
    scripts: set[str] = set()
    app.page.on("request", lambda it: scripts.add(it.url) if it.resource_type == "script" else None)
    await app.page.goto(path, wait_until="networkidle")
    bodies = [(await client.get(script)).content for script in scripts]
    assert bodies
    assert sum(len(gzip.compress(body)) for body in bodies) <= BUDGET


@pytest.mark.parametrize("path", ["/", "/open", "/docs"])
async def test_nothing_inline_may_run(app: App, path: str):
    answer = await app.page.goto(path)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    ran = """() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.head.append(script);
      return document.title;
    }"""
    async with app.page.expect_console_message(lambda it: "Content Security Policy" in it.text):
        assert await app.page.evaluate(ran) != "ran"
    assert len(app.complaints) == 1
    app.complaints.clear()


async def test_the_docs_show_every_operation(app: App, client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    operations = [it for methods in document["paths"].values() for it in methods.values()]
    await app.page.goto("/docs")
    await expect(app.page.get_by_role("article")).to_have_count(len(operations))
    for operation in operations:
        article = app.page.locator(f"#{operation['operationId']}")
        await expect(article.get_by_role("heading", level=3)).to_have_text(operation["summary"])
        await expect(article.locator(".answers summary")).to_have_count(len(operation["responses"]))


async def test_the_docs_send_requests_to_this_server(app: App):
    await app.page.goto("/docs")
    add = app.page.locator("#createTask")
    await add.get_by_role("button", name="Try it").click()
    await add.get_by_label("Body").fill('{"title": "From the docs"}')
    await expect(add.locator("form pre").last).to_contain_text("curl -X POST")
    await add.get_by_role("button", name="Send").click()
    await expect(add.get_by_role("status")).to_contain_text("From the docs")
    (id_,) = await app.stored("id")
    delete = app.page.locator("#deleteTask")
    await delete.get_by_role("button", name="Try it").click()
    await delete.get_by_role("textbox", name="task_id").fill(id_)
    await delete.get_by_role("button", name="Send").click()
    await expect(delete.get_by_role("status")).to_contain_text("204")
    assert await app.stored() == []


async def test_the_docs_can_be_linked_into(app: App):
    await app.page.goto("/docs#deleteTask")
    await expect(app.page.locator("#deleteTask h3")).to_be_in_viewport()


async def test_the_docs_say_when_they_cannot_be_loaded(app: App):
    await app.page.route("**/openapi.json", unreachable)
    await app.page.goto("/docs")
    await app.says("could not be loaded")
    await app.page.unroute("**/openapi.json")
    await app.press("Try again")
    await expect(app.page.get_by_role("article").first).to_be_visible()
