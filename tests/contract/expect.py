"""What a task and a refusal look like, whatever was asked."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx

type Task = dict[str, Any]

MEMBERS = {"id", "title", "description", "completed", "created_at", "updated_at"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", re.ASCII)
JSON = {"content-type": "application/json"}
UNKNOWN = "01890a5d-ac96-7744-8d2a-000000000404"
"""Not the id that the documentation has for an example: schemathesis creates tasks with that one."""


def a_task(found: Any) -> Task:
    """The same, once it is sure that it is a task."""
    assert isinstance(found, dict)
    assert set(found) == MEMBERS
    assert isinstance(found["id"], str)
    assert str(UUID(found["id"])) == found["id"]
    assert isinstance(found["title"], str)
    assert 1 <= len(found["title"]) <= 200
    assert isinstance(found["description"], str | None)
    assert isinstance(found["completed"], bool)
    assert moment(found["created_at"]) <= moment(found["updated_at"])
    return found


def moment(text: Any) -> datetime:
    """The time that a text says, once it is sure that it is RFC 3339 in UTC."""
    assert isinstance(text, str)
    assert RFC_3339.fullmatch(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of a refusal, once it is sure that it is one that clients can read.

    Under `/tasks` it is what the first server sent: for statuses that it used `detail` alone, which for a 422 is a list
    of faults. Elsewhere it is a problem document.
    """
    assert answer.status_code == status, answer.text[:500]
    body = answer.json()
    assert isinstance(body, dict)
    frozen = under_tasks(answer.request)
    assert answer.headers["content-type"] == ("application/json" if frozen else "application/problem+json")
    if frozen and status == 422:
        assert body["detail"]
        for fault in body["detail"]:
            a_fault(fault)
    else:
        readable(body["detail"])
    if frozen and status in (404, 405, 422):
        assert set(body) == {"detail"}
    else:
        assert body["status"] == status
        assert body["request_id"] == answer.headers["x-request-id"]
    return body


def faults(answer: httpx.Response) -> list[tuple[str, list[str | int]]]:
    """The type and the place of every fault that a 422 under `/tasks` lists."""
    return [(fault["type"], fault["loc"]) for fault in refused(answer, 422)["detail"]]


def a_fault(found: Any) -> None:
    """Make sure that it is one fault, as FastAPI writes it, without what the client sent."""
    assert isinstance(found, dict)
    assert {"type", "loc", "msg"} <= set(found) <= {"type", "loc", "msg", "ctx"}
    assert isinstance(found["type"], str)
    assert re.fullmatch("[a-z_-]+", found["type"])
    assert found["loc"][0] in ("body", "header")
    assert all(type(place) in (str, int) for place in found["loc"])
    readable(found["msg"])
    assert all(type(value) in (str, int) for value in found.get("ctx", {}).values())


def readable(text: Any) -> None:
    """Make sure that it is a text for people."""
    assert isinstance(text, str)
    assert text.strip()
    assert text.isprintable()


def under_tasks(request: httpx.Request) -> bool:
    """Whether the frozen contract covers what was asked for, exactly as it was spelt."""
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path = unquote(target.partition(b"?")[0].decode("latin-1"))
    return path == "/tasks" or path.startswith("/tasks/")
