"""The page itself: what it loads, what it weighs, and what may run in it."""

import gzip

import httpx
import pytest

from tests.e2e.app import App

BUDGET = 30 * 1024  # bytes of gzip


async def test_the_javascript_is_small(app: App, client: httpx.AsyncClient):
    scripts: set[str] = set()
    app.page.on("request", lambda it: scripts.add(it.url) if it.resource_type == "script" else None)
    await app.page.goto("/", wait_until="networkidle")
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
