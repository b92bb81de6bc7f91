"""What tasks are after some operations, by the rules that `/api/v1` promises, worked out without a database."""

from copy import deepcopy
from typing import Any

type Operation = dict[str, Any]


class Refused(Exception):
    """The operation cannot be done; the status of the answer."""


class Model:
    """Tasks by id, and the order in which they are arranged, those in the trash included."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self.used: set[str] = set()

    def copy(self) -> "Model":
        """Another one with the same."""
        return deepcopy(self)

    def seen(self) -> list[dict[str, Any]]:
        """The tasks as they are arranged."""
        return [self.tasks[name] for name in self.order]

    def try_all(self, operations: list[Operation]) -> int | None:
        """Do operations; the status of the refusal when one cannot be done."""
        try:
            for operation in operations:
                self.do(operation)
        except Refused as refused:
            return int(refused.args[0])
        return None

    def do(self, operation: Operation) -> str:
        """Do one operation of a batch; the task's id.

        Raises:
            Refused: when it cannot be done.
        """
        if operation["op"] == "create":
            return self._create(operation)
        name = operation["id"]
        trashed = operation["op"] == "restore"
        if name not in self.tasks or (self.tasks[name]["trashed"] and not trashed):
            raise Refused(404)
        task = self.tasks[name]
        match operation["op"]:
            case "update":
                task |= {name: operation[name] for name in ("title", "description", "completed") if name in operation}
            case "complete" | "reopen":
                task["completed"] = operation["op"] == "complete"
            case "trash" | "restore":
                task["trashed"] = operation["op"] == "trash"
            case "move":
                self._move(name, operation)
        return str(name)

    def _create(self, operation: Operation) -> str:
        name = str(operation["id"])
        if name in self.used:
            raise Refused(409)
        self.used.add(name)
        self.order.append(name)
        self.tasks[name] = {
            "id": name,
            "title": operation["title"],
            "description": operation.get("description"),
            "completed": operation.get("completed", False),
            "trashed": False,
        }
        return name

    def _move(self, name: str, operation: Operation) -> None:
        anchor = operation.get("before") or operation.get("after")
        if anchor not in self.tasks or self.tasks[anchor]["trashed"]:
            raise Refused(404)
        if anchor != name:
            self.order.remove(name)
            self.order.insert(self.order.index(anchor) + ("after" in operation), name)
