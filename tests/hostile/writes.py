"""Every write that the OpenAPI document has, with an address and a body by which it changes something."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from tests.server import ROOT
from tests.v1.routes import example

DOCUMENT = json.loads((ROOT / "frontend" / "openapi.json").read_text())
TASKS = "/api/v1/tasks"


class Operation(NamedTuple):
    """One operation of the document."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def id(self) -> str:
        """Its name."""
        name: str = self.described["operationId"]
        return name


class Sent(NamedTuple):
    """A request of an operation."""

    method: str
    path: str
    body: Any


def _operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            yield Operation(method.upper(), path, described)


WRITES = [operation for operation in _operations() if operation.method != "GET"]
STATES = {"reopenTask": "done", "restoreTask": "trashed", "eraseTask": "trashed"}
"""In which state a task must be for an operation to change it, where that is not an open one."""
READS = [operation for operation in _operations() if operation.method == "GET"]


class Targets(NamedTuple):
    """Tasks in every state that a write may need, and the number of a change that can be undone."""

    open: str
    other: str
    done: str
    trashed: str
    seq: int

    def of(self, operation: Operation) -> Sent:
        """A request that changes one of these."""
        state = STATES.get(operation.id, "open")
        address = operation.path.format(task_id=getattr(self, state), seq=self.seq)
        return Sent(operation.method, address, self._body(operation))

    def _body(self, operation: Operation) -> Any:
        bodies = {
            "editTask": {"title": "Changed"},
            "moveTask": {"before": self.other},
            "applyBatch": {"operations": [{"op": "complete", "id": self.open}]},
            "undoChanges": {"first": self.seq, "last": self.seq},
        }
        return bodies.get(operation.id, example(operation.described))


async def targets(client: httpx.AsyncClient) -> Targets:
    """Add what every write needs."""
    made = [
        (await client.post(TASKS, json={"title": title, "completed": title == "Done"})).json()["id"]
        for title in ("Other", "Open", "Done", "Trashed")
    ]
    assert (await client.delete(f"{TASKS}/{made[3]}")).status_code == 204
    edited = await client.patch(f"{TASKS}/{made[1]}", json={"title": "Edited"})
    assert edited.status_code == 200
    changes = (await client.get(f"{TASKS}/{made[1]}/history")).json()["changes"]
    return Targets(made[1], made[0], made[2], made[3], max(change["seq"] for change in changes))
