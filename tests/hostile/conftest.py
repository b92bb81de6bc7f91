"""What the tests of hostile clients share."""

from typing import Any

import httpx
import pytest


@pytest.fixture
async def task(client: httpx.AsyncClient) -> dict[str, Any]:
    """A task that is there."""
    answer = await client.post("/tasks", json={"title": "Guarded", "description": "Two bottles"})
    found: dict[str, Any] = answer.json()
    return found
