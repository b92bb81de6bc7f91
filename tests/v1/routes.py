"""The routes of `/api/v1`, as the OpenAPI document lists them: what is asked of all is asked of later ones too."""

import copy
import json
import re
from typing import Any

import httpx
import pytest

from tests.server import ROOT

PATHS = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"]
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STREAM = "text/event-stream"

type Operation = dict[str, Any]


def operations(*, body: bool = False) -> list[Any]:
    """Every operation, or every one that takes a body, as parameters of a test."""
    return [
        pytest.param(method.upper(), path, operation, id=operation["operationId"])
        for path, methods in PATHS.items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/") and (not body or "requestBody" in operation)
    ]


def streams(operation: Operation) -> bool:
    """Whether the answer does not end by itself."""
    return any(STREAM in answer.get("content", {}) for answer in operation["responses"].values())


def example(operation: Operation) -> Any:
    """A body that the document shows."""
    content = operation.get("requestBody", {}).get("content", {})
    return copy.deepcopy(shown(content["application/json"])[0]) if content else None


def shown(content: dict[str, Any]) -> list[Any]:
    """The examples of a body: one, or several that have names."""
    several = [example["value"] for example in content.get("examples", {}).values()]
    return [content["example"]] if "example" in content else several


def filled(value: Any, text: str, *, only: re.Pattern[str] = UUIDS) -> Any:
    """A body with a text in place of every text that looks like that."""
    if isinstance(value, dict):
        return {name: filled(member, text, only=only) for name, member in value.items()}
    if isinstance(value, list):
        return [filled(member, text, only=only) for member in value]
    return text if isinstance(value, str) and only.fullmatch(value) else value


async def ask(client: httpx.AsyncClient, method: str, path: str, operation: Operation, **sent: Any) -> httpx.Response:
    """The answer; of a stream only its beginning."""
    if not streams(operation):
        return await client.request(method, path, **sent)
    async with client.stream(method, path, **sent) as answer:
        if answer.status_code != 200:
            await answer.aread()
        return answer
