"""The same requests to this server and to the one it replaces: clients cannot tell the two apart.

`old_server.py` says what the contract expects of each request; the first server itself says in which words it refuses.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.contract.expect import JSON, Task, a_task, refused
from tests.contract.first import FirstServer, same_refusal
from tests.contract.old_server import Answer, OldServer
from tests.server import Server

EXAMPLES = os.environ.get("EXAMPLES")
EXPLORE = (
    "Always the same 40 histories; EXAMPLES=2000 pytest tests/contract/test_side_by_side.py tries so many others,"
    " and looks for the shortest that fails, which takes minutes."
)

EDGES = ["", " ", "x" * 200, "x" * 201, "🧀" * 200, "🧀" * 201, "e\u0301" * 100, "x" * 10_000, "\x00", "a\x00"]
texts = st.text(max_size=12) | st.text(min_size=198, max_size=202) | st.sampled_from(EDGES)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
titles = st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text) | st.sampled_from(
    ["x" * 200, "🧀" * 200]
)
wild = st.fixed_dictionaries(
    {},
    optional={
        "title": texts | anything,
        "description": texts | anything,
        "completed": st.booleans() | st.none() | anything,
        "id": anything,
        "updated_at": anything,
        "": anything,
    },
)
tame = st.fixed_dictionaries(
    {"title": titles}, optional={"description": titles | st.none(), "completed": st.booleans() | st.none()}
)
changes = st.fixed_dictionaries(
    {}, optional={"title": titles, "description": titles | st.just(""), "completed": st.booleans() | st.none()}
)
junk = st.binary(max_size=30) | anything.map(lambda value: json.dumps(value).encode())


def spelt(members: dict[str, Any], *, ascii_only: bool = False) -> bytes:
    """JSON, in one of its two spellings."""
    return json.dumps(members, ensure_ascii=ascii_only).encode()


def bodies(likely: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Bodies of which some are valid."""
    return st.builds(spelt, likely | wild, ascii_only=st.booleans()) | junk


class SideBySide(RuleBasedStateMachine):
    """Drives both servers; a task's id in the old one stands for its id in the new one."""

    make_client: Callable[[], httpx.Client]
    make_first: Callable[[], httpx.Client]
    tasks = Bundle("tasks")
    deleted = Bundle("deleted")

    def __init__(self) -> None:
        super().__init__()
        self.old = OldServer()
        self.new = type(self).make_client()
        self.first = type(self).make_first()
        self.ids: dict[int, str] = {}
        self.seen: dict[int, tuple[Task, Task]] = {}
        for task in self.new.get("/tasks").json():
            self.new.delete(f"/tasks/{task['id']}")

    def teardown(self) -> None:
        self.new.close()
        self.first.close()

    @initialize(target=tasks, several=st.lists(tame, min_size=2, max_size=4))
    def begin(self, several: list[dict[str, Any]]) -> Any:
        """Begin with some tasks, so that there is something to change."""
        return multiple(*(self.post(spelt(members)) for members in several))

    @rule(target=tasks, members=tame)
    def add(self, members: dict[str, Any]) -> Any:
        """Add a task."""
        return self.post(spelt(members))

    @rule(target=tasks, body=bodies(tame))
    def try_to_add(self, body: bytes) -> Any:
        """Send whatever may be taken for a new task."""
        task = self.post(body)
        return multiple() if task is None else task

    @rule(task=tasks, members=changes)
    def change(self, task: int, members: dict[str, Any]) -> None:
        """Change a task."""
        self.put(task, spelt(members))

    @rule(task=tasks, completed=st.booleans())
    def complete(self, task: int, completed: bool) -> None:
        """Complete a task, or open it again."""
        self.put(task, spelt({"completed": completed}))

    @rule(task=tasks, body=bodies(changes))
    def try_to_change(self, task: int, body: bytes) -> None:
        """Send whatever may be taken for a change."""
        self.put(task, body)

    @rule(target=deleted, task=consumes(tasks))
    def delete(self, task: int) -> int:
        """Delete a task."""
        self.same(self.old.delete(task), self.new.delete(f"/tasks/{self.ids[task]}"))
        return task

    @rule(task=deleted, body=bodies(changes))
    def change_what_was_deleted(self, task: int, body: bytes) -> None:
        """Change and delete a task that is no longer there."""
        self.put(task, body)
        self.same(self.old.delete(task), self.new.delete(f"/tasks/{self.ids[task]}"))

    @rule(task_id=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), body=bodies(changes))
    def change_what_never_was(self, task_id: str, body: bytes) -> None:
        """Change and delete by an id that is none."""
        answer = self.new.put(f"/tasks/{task_id}", content=body, headers=JSON)
        self.same(self.old.change(task_id, body), answer)
        self.same_refusal(answer)
        self.same(self.old.delete(task_id), self.new.delete(f"/tasks/{task_id}"))

    @rule(task=tasks)
    def read_one(self, task: int) -> None:
        """Ask for one task, which nobody can."""
        self.same(self.old.read(), self.new.get(f"/tasks/{self.ids[task]}"))

    @invariant()
    def the_lists_are_the_same(self) -> None:
        """Same tasks, same order."""
        self.same(self.old.list(), self.new.get("/tasks"))

    def post(self, body: bytes) -> int | None:
        """Add a task on both sides; its id in the old one, if it was taken."""
        status, task = self.old.create(body)
        answer = self.new.post("/tasks", content=body, headers=JSON)
        if status == answer.status_code == 201:
            self.ids[task["id"]] = answer.json()["id"]
        self.same((status, task), answer)
        self.same_refusal(answer)
        return task["id"] if task else None

    def put(self, task: int, body: bytes) -> None:
        """Change a task on both sides."""
        answer = self.new.put(f"/tasks/{self.ids[task]}", content=body, headers=JSON)
        self.same(self.old.change(task, body), answer)
        self.same_refusal(answer)

    def same_refusal(self, answer: httpx.Response) -> None:
        """Compare a 422 with what the first server says of the same body; a task by that id it does not have."""
        if answer.status_code == 422:
            asked = answer.request
            same_refusal(self.first.request(asked.method, asked.url.path, content=asked.content, headers=JSON), answer)

    def same(self, expected: Answer, answer: httpx.Response) -> None:
        """Compare two answers."""
        status, body = expected
        assert answer.status_code == status, f"{status} {body} != {answer.status_code} {answer.text}"
        if isinstance(body, list):
            found = answer.json()
            assert len(found) == len(body)
            for old, new in zip(body, found, strict=True):
                self.same_task(old, new)
        elif status < 300 and body:
            self.same_task(body, answer.json())
        elif status < 300:
            assert answer.content == b""
        else:
            assert (body or {}).items() <= refused(answer, status).items()

    def same_task(self, old: Task, new: Task) -> None:
        """Compare two tasks: all members alike, and times that move in one when they move in the other."""
        a_task(new)
        assert new["id"] == self.ids[old["id"]]
        for member in ("title", "description", "completed"):
            assert new[member] == old[member]
            assert type(new[member]) is type(old[member])
        last_old, last_new = self.seen.get(old["id"], (old, new))
        assert new["created_at"] == last_new["created_at"]
        if old["updated_at"] > last_old["updated_at"]:
            assert new["updated_at"] > last_new["updated_at"]
        else:
            assert new["updated_at"] == last_new["updated_at"]
        self.seen[old["id"]] = (old, new)


def test_clients_cannot_tell_this_server_from_the_one_it_replaces(server: Server, first_server: FirstServer):
    class Here(SideBySide):
        @staticmethod
        def make_client() -> httpx.Client:
            return httpx.Client(base_url=server.url, timeout=30)

        @staticmethod
        def make_first() -> httpx.Client:
            return httpx.Client(base_url=first_server.url, timeout=30)

    print(EXPLORE)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=int(EXAMPLES or 40),
            stateful_step_count=30,
            deadline=None,
            derandomize=EXAMPLES is None,
            phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
