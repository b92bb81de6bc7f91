"""Random histories: each answer is what a model says, and taken back step by step each earlier state is there again."""

import asyncio
from functools import partial
from itertools import count
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.conftest import NO_TLS, clear
from tests.server import Server
from tests.v1.model import Model, Operation
from tests.v1.using import COUNTED, Change, Task, new_id

SETTINGS = settings(
    max_examples=14,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
MEMBERS = {
    "title": st.sampled_from(["a", "b", "c"]),
    "description": st.sampled_from([None, "d", "e"]),
    "completed": st.booleans(),
}
REST = {name: values for name, values in MEMBERS.items() if name != "title"}
which = st.integers(0, 24)  # 0 is a task that is not there
operations = st.one_of(
    st.fixed_dictionaries({"op": st.just("create"), "title": MEMBERS["title"]}, optional=REST),
    st.fixed_dictionaries({"op": st.just("update"), "id": which}, optional=MEMBERS),
    st.fixed_dictionaries({"op": st.sampled_from(["complete", "reopen", "trash", "restore"]), "id": which}),
    st.fixed_dictionaries({"op": st.just("move"), "id": which, "before": which}),
    st.fixed_dictionaries({"op": st.just("move"), "id": which, "after": which}),
)
ROUTES = {
    "create": ("POST", ""),
    "update": ("PATCH", "/{id}"),
    "complete": ("PUT", "/{id}/completion"),
    "reopen": ("DELETE", "/{id}/completion"),
    "move": ("PUT", "/{id}/position"),
    "trash": ("DELETE", "/{id}"),
    "restore": ("POST", "/{id}/restore"),
}


class Histories(RuleBasedStateMachine):
    """One history: what was done, and what was there before each step of it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=30, verify=NO_TLS)
        self.model = Model()
        self.steps: list[tuple[int, int, dict[str, Task], Model]] = []
        self.state: dict[str, Task] = {}
        self.versions: dict[str, int] = {}
        self.log: dict[int, Change] = {}
        self.cursor = ""
        self.stem, self.numbers = new_id()[:24], count(1)

    @initialize()
    def empty(self) -> None:
        """Begin with nothing, and some tasks."""
        asyncio.run(clear(self.server))
        self.look()
        self.send([{"op": "create", "title": title} for title in "abcd"])

    @rule(operation=operations)
    def single(self, operation: Operation) -> None:
        """One request, one change at most."""
        operation = self.named(operation)
        method, path = ROUTES[operation["op"]]
        members = {name: value for name, value in operation.items() if name not in ("op", "id")}
        if operation["op"] == "create":
            members["id"] = operation["id"]
        body = members if method in ("POST", "PATCH") or operation["op"] == "move" else None
        path = path.format(id=operation["id"])
        answer = self.http.request(method, f"/api/v1/tasks{path}", json=body if operation["op"] != "restore" else None)
        self.check(answer, [operation])

    @rule(several=st.lists(operations, min_size=1, max_size=6))
    def batch(self, several: list[Operation]) -> None:
        """Several, of which all happen or none."""
        self.send(several)

    def send(self, several: list[Operation]) -> None:
        """Send a batch."""
        names = list(self.model.tasks)
        done = [self.named(operation, names) for operation in several]
        self.check(self.http.post("/api/v1/batch", json={"operations": done}), done)

    @rule(which=which, several=st.booleans())
    @precondition(lambda self: self.model.tasks)
    def stale(self, which: int, several: bool) -> None:
        """A write that expects another version changes nothing."""
        name = list(self.model.tasks)[which % len(self.model.tasks)]
        version = self.versions[name] + 1
        if several:
            update = {"op": "restore", "id": name, "version": version}
            answer = self.http.post("/api/v1/batch", json={"operations": [update]})
            assert answer.status_code == 412
        else:
            headers = {"if-match": f'"{version}"'}
            answer = self.http.patch(f"/api/v1/tasks/{name}", json={"title": "stale"}, headers=headers)
            assert answer.status_code == (404 if self.model.tasks[name]["trashed"] else 412)
        assert self.look() == []

    @rule()
    @precondition(lambda self: len(self.steps) % 3 == 2)
    def undo_the_last(self) -> None:
        """The last step is taken back, be it an undo itself."""
        first, last, state, model = self.steps[-1]
        before = self.state, self.model.copy()
        assert self.http.post("/api/v1/undo", json={"first": first, "last": last}).status_code == 200
        self.model = model.copy()
        self.model.used = before[1].used
        self.note(self.look(), *before)
        assert self.state == state

    @rule(back=st.integers(1, 12))
    @precondition(lambda self: self.steps)
    def undo_any(self, back: int) -> None:
        """Any change is taken back, or a newer one of the same members is named."""
        _, head, _, _ = self.steps[-1]
        seq = max(self.steps[0][0], head - back)
        before, change = (self.state, self.model.copy()), self.log[seq]
        answer = self.http.post(f"/api/v1/changes/{seq}/undo")
        found = self.look()
        if answer.status_code == 409:
            newer = answer.json()["change"]
            assert (newer["seq"] > seq, newer["entity_id"]) == (True, change["entity_id"])
            assert {change["op"], newer["op"]} != {"update"} or newer["diff"].keys() & change["diff"].keys()
            assert (found, self.state) == ([], before[0])
        else:
            assert answer.json()["changes"] == found
            assert self.state == without(before[0], change)
            self.remodel()
            self.note(found, *before)

    def teardown(self) -> None:
        """Everything is taken back, the newest first: each state that there was is there again, and nothing at last."""
        for first, last, state, _ in reversed(self.steps):
            answer = self.http.post("/api/v1/undo", json={"first": first, "last": last})
            assert answer.status_code == 200, answer.text
            self.look()
            assert self.state == state
        self.http.close()

    def named(self, operation: Operation, names: list[str] | None = None) -> Operation:
        """The operation with ids for numbers; within a batch the tasks that it creates can be meant as well."""
        names = list(self.model.tasks) if names is None else names
        operation = dict(operation)
        if operation["op"] == "create":
            operation["id"] = self.unused()
            names.append(operation["id"])
            return operation
        for member in ("id", "before", "after"):
            if member in operation:
                number = operation[member]
                operation[member] = names[number % len(names)] if names and number else self.unused()
        return operation

    def unused(self) -> str:
        """An id that nobody has used; they sort as they come, since the log has what happens at once in their order."""
        return f"{self.stem}{next(self.numbers):012x}"

    def check(self, answer: httpx.Response, done: list[Operation]) -> None:
        """The answer and what is there now are what the model says."""
        before, model = self.state, self.model.copy()
        refused = self.model.try_all(done)
        if refused is not None:
            self.model = model
            assert answer.status_code == refused, answer.text
            assert self.look() == []
            assert self.state == before
            return
        assert answer.is_success, answer.text
        found = self.look()
        self.note(found, before, model)
        assert (found == []) == (self.state == before)
        if len(done) == 1:
            assert len(found) <= 1

    def look(self) -> list[dict[str, Any]]:
        """What changed since the last look; what is there now is what the model says, and versions count changes."""
        told = self.http.get("/api/v1/snapshot").json()
        page = self.http.get("/api/v1/changes", params={"after": self.cursor or told["cursor"], "limit": 1000}).json()
        found: list[dict[str, Any]] = page["changes"]
        for change in found:
            self.log[change["seq"]] = change
            self.versions[change["entity_id"]] = self.versions.get(change["entity_id"], 0) + 1
        self.cursor = page["next"]
        tasks = sorted(told["tasks"], key=lambda task: task["position"])
        assert {task["id"]: task["version"] for task in tasks}.items() <= self.versions.items()
        self.state = {task["id"]: {name: task[name] for name in task if name not in COUNTED} for task in tasks}
        return found

    def note(self, found: list[dict[str, Any]], state: dict[str, Task], model: Model) -> None:
        """Remember a step, and compare with the model."""
        if found:
            self.steps.append((found[0]["seq"], found[-1]["seq"], state, model))
        seen = [
            {"id": name, **{member: task[member] for member in MEMBERS}, "trashed": task["deleted_at"] is not None}
            for name, task in self.state.items()
        ]
        assert seen == self.model.seen()

    def remodel(self) -> None:
        """Take the model from what is there: which change it was that was taken back is not the model's to know."""
        self.model.order = list(self.state)
        self.model.tasks = {
            name: {"id": name, **{m: task[m] for m in MEMBERS}, "trashed": task["deleted_at"] is not None}
            for name, task in self.state.items()
        }


def without(state: dict[str, Task], change: Change) -> dict[str, Task]:
    """What there is when one change is taken back."""
    others = {name: task for name, task in state.items() if name != change["entity_id"]}
    if change["op"] == "create":
        return others
    before = {name: pair[0] for name, pair in change["diff"].items()}
    return {**others, change["entity_id"]: {**state.get(change["entity_id"], {}), **before}}


def test_histories(server: Server):
    run_state_machine_as_test(partial(Histories, server), settings=SETTINGS)  # type: ignore[arg-type]
