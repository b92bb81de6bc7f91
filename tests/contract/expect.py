"""What a task and a refusal look like, whatever was asked."""

import re
from datetime import UTC, datetime
from typing import Any
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
    """The body of a refusal, once it is sure that it is one that clients can read."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert isinstance(body, dict)
    assert isinstance(body["detail"], str)
    assert body["detail"].strip()
    assert body["detail"].isprintable()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    return body
