"""A copy of the tasks, as a client keeps it: by the rules in `docs/api.md` and nothing else."""

from typing import Any

import httpx

type Json = dict[str, Any]

MEMBERS = {"seq", "entity", "entity_id", "op", "diff", "actor", "request_id", "at"}


class Copy:
    """What a snapshot and the changes behind it amount to; without a snapshot it begins with nothing."""

    def __init__(self, snapshot: Json | None = None) -> None:
        self.tasks = {task["id"]: dict(task) for task in snapshot["tasks"]} if snapshot else {}
        self.versions = {key: task["version"] for key, task in self.tasks.items()}
        self.seq: int | None = None

    def lay(self, change: Json) -> None:
        """Lay a change over it; each must be the next."""
        assert set(change) == MEMBERS
        assert self.seq is None or change["seq"] == self.seq + 1
        self.seq = change["seq"]
        key = change["entity_id"]
        self.versions[key] = version = self.versions.get(key, 0) + 1
        task = self.tasks.setdefault(key, {})
        for member, (before, after) in change["diff"].items():
            assert task.get(member) == before
            task[member] = after
        task |= {"updated_at": change["at"], "version": version}
        if change["op"] == "delete":
            del self.tasks[key]

    def arranged(self) -> list[Json]:
        """The tasks as a snapshot has them."""
        return sorted(self.tasks.values(), key=lambda task: str(task["position"]))


async def snapshot(http: httpx.AsyncClient) -> Json:
    """A snapshot."""
    answer = await http.get("/api/v1/snapshot")
    assert answer.status_code == 200, answer.text
    taken: Json = answer.json()
    assert set(taken) == {"cursor", "tasks"}
    return taken


async def read(http: httpx.AsyncClient, after: str, limit: int = 1000) -> tuple[list[Json], str]:
    """All changes behind a cursor, page by page, and the cursor behind the last."""
    found: list[Json] = []
    while True:
        answer = await http.get("/api/v1/changes", params={"after": after, "limit": limit})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert set(page) == {"changes", "next", "has_more"}
        assert len(page["changes"]) <= limit
        assert page["changes"] or not page["has_more"]
        found += page["changes"]
        after = page["next"]
        if not page["has_more"]:
            return found, after
