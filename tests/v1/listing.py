"""Lists of `/api/v1/tasks`, as a client reads them."""

from typing import Any

import httpx

from donebook.tasks.listing import Sort

PATH = "/api/v1/tasks"
SORTS: list[Sort] = ["position", "created_at", "updated_at", "title"]
WAYS: list[Sort] = [*SORTS, "-position", "-created_at", "-updated_at", "-title"]


async def add(client: httpx.AsyncClient, title: str, description: str | None = None, **members: Any) -> dict[str, Any]:
    """A new task."""
    answer = await client.post(PATH, json={"title": title, "description": description, **members})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def page(client: httpx.AsyncClient, path: str = PATH, **query: Any) -> dict[str, Any]:
    """One page."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    got: dict[str, Any] = answer.json()
    return got


async def pages(client: httpx.AsyncClient, path: str = PATH, **query: Any) -> list[dict[str, Any]]:
    """All tasks of a list, page after page."""
    items = []
    got = await page(client, path, **query)
    while True:
        assert set(got) == {"items", "next"}
        items += got["items"]
        if got["next"] is None:
            return items
        assert got["items"]
        got = await page(client, path, **query, cursor=got["next"])


def titles(items: list[dict[str, Any]]) -> list[str]:
    """Their titles."""
    return [item["title"] for item in items]
