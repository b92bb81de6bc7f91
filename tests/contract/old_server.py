"""The in-memory server that the first clients were written against, rebuilt from its contract: a list, no more."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

type Answer = tuple[int, Any]

NOT_FOUND: Answer = (404, {"detail": "Task not found"})
NOT_ALLOWED: Answer = (405, None)
INVALID: Answer = (422, None)


class NotValid(Exception):
    """A body that the contract refuses."""


@dataclass
class OldServer:
    """Every answer is a status and a body; a None body is one whose words the contract leaves open."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: count(1))
    clock: Any = field(default_factory=lambda: count(1))

    def list(self) -> Answer:
        """GET /tasks."""
        return 200, [dict(task) for task in self.tasks]

    def create(self, body: bytes) -> Answer:
        """POST /tasks."""
        try:
            members = parsed(body)
            if members["title"] is None:
                return INVALID
        except (NotValid, KeyError):
            return INVALID
        now = next(self.clock)
        task = {
            "id": next(self.ids),
            "title": members["title"],
            "description": members.get("description"),
            "completed": False,
            "created_at": now,
            "updated_at": now,
        }
        self.tasks.append(task)
        return 201, dict(task)

    def change(self, task_id: object, body: bytes) -> Answer:
        """PUT /tasks/{id}."""
        try:
            members = parsed(body, "completed")
        except NotValid:
            return INVALID
        for task in self.tasks:
            if task["id"] == task_id:
                task |= {name: value for name, value in members.items() if value is not None}
                task["updated_at"] = next(self.clock)
                return 200, dict(task)
        return NOT_FOUND

    def delete(self, task_id: object) -> Answer:
        """DELETE /tasks/{id}."""
        for task in self.tasks:
            if task["id"] == task_id:
                self.tasks.remove(task)
                return 204, None
        return NOT_FOUND

    def read(self) -> Answer:
        """GET /tasks/{id}."""
        return NOT_ALLOWED


def parsed(body: bytes, *more: str) -> dict[str, Any]:
    """The members of a body that are known to the contract.

    Raises:
        NotValid: when the contract refuses it.
    """
    try:
        members = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotValid from None
    if not isinstance(members, dict):
        raise NotValid
    known = {name: value for name, value in members.items() if name in ("title", "description", *more)}
    if not all(value is None or RULES[name](value) for name, value in known.items()):
        raise NotValid
    return known


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str) and "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    )


def _is_title(value: object) -> bool:
    return isinstance(value, str) and _is_text(value) and 1 <= len(value) <= 200


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


RULES = {"title": _is_title, "description": _is_text, "completed": _is_boolean}
