"""Problems as they are stored with an idempotency key, for requests that are repeated."""

from collections.abc import Iterator
from typing import Any

import msgspec

from donebook.problems import Conflict, Erased, Problem


def kept(problem: Problem) -> dict[str, Any]:
    """A final answer, as it is stored for a request that is repeated."""
    members = msgspec.to_builtins(problem.members)
    return {"refused": {"type": problem.type(), "detail": problem.detail, "members": members}}


def about(problem: Problem) -> str | None:
    """The id of the entity whose content a problem shows, if it shows any."""
    members = msgspec.to_builtins(problem.members)
    found: str | None = members.get("current", {}).get("id") or members.get("change", {}).get("entity_id")
    return found


def again(stored: dict[str, Any]) -> Problem:
    """The problem that was kept."""
    if "refused" not in stored:
        return Erased()
    stored = stored["refused"]
    kinds = {kind.type(): kind for kind in _kinds(Problem)}
    return kinds.get(stored["type"], Conflict)(stored["detail"], **stored["members"])


def _kinds(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
