"""What the log says of stored tasks, in the names and formats of the contract."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect

from donebook.tasks import models
from donebook.tasks.contract import Task

LEFT_OUT = ("version", "updated_at")  # which every change moves
COLUMNS = {attribute.key: attribute.columns[0].name for attribute in inspect(models.Task).column_attrs}
MEMBERS = [
    (member, COLUMNS["completed_at" if member == "completed" else member])
    for member in Task.__struct_fields__
    if member not in LEFT_OUT
]


def translate(op: str, diff: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """A logged difference with the contract's members, in its order; columns that nobody sees are left out.

    Times are logged as the contract writes them. `completed` is told by `completed_at`.
    """
    moved = {}
    for member, column in MEMBERS:
        pair = diff.get(column)
        if pair is not None and member == "completed":
            pair = _told(op, *pair)
        if pair is not None:
            moved[member] = pair
    return moved


def _told(op: str, before: str | None, after: str | None) -> list[bool | None] | None:
    if op == "create":
        return [None, after is not None]
    if op == "delete":
        return [before is not None, None]
    pair: list[bool | None] = [before is not None, after is not None]
    return None if pair[0] is pair[1] else pair
