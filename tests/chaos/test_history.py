"""The checker of histories finds each fault, and finds none where there is none."""

import pytest

from tests.chaos.history import History, Outcome, Task, Write

DONE, REFUSED, MISSING, UNKNOWN = Outcome.DONE, Outcome.REFUSED, Outcome.MISSING, Outcome.UNKNOWN


class Server:
    """A server that is always right; the tests then tamper with its list."""

    def __init__(self) -> None:
        self.history = History()
        self.tasks: dict[str, Task] = {}
        self.clock = 0

    def write(self, kind, name=None, outcome=DONE, *, happens=True) -> Write:
        """A write, whether it happens, and what the client is told."""
        write = self.history.begin(kind, name, completed=kind == "update")
        answer = self.apply(write) if happens else None
        if outcome is not UNKNOWN:
            write.end(outcome, answer if outcome is DONE else None)
        return write

    def apply(self, write: Write) -> Task | None:
        self.clock += 1
        if write.kind == "delete":
            self.tasks.pop(write.name)
            return None
        before = self.tasks.get(write.name, {"id": str(self.clock), "completed": False})
        self.tasks[write.name] = before | write.body | {"updated_at": f"{self.clock:09}"}
        return dict(self.tasks[write.name])

    @property
    def faults(self) -> dict[str, int]:
        """What the checker finds in the list as it is now, and how often."""
        verdict = self.history.check(list(self.tasks.values()))
        return {kind: len(cases) for kind, cases in verdict.faults.items()}


@pytest.fixture
def server() -> Server:
    """A server with a task that was created and one that was changed."""
    server = Server()
    server.write("create")
    server.write("update", server.write("create").name)
    return server


@pytest.fixture
def name(server) -> str:
    """The task that was changed."""
    return str(list(server.tasks)[1])


def test_a_true_list_has_no_faults(server, name):
    server.write("update", name)
    server.write("delete", name)
    server.write("update", name, MISSING, happens=False)
    server.write("create", outcome=REFUSED, happens=False)
    assert server.faults == {}
    assert server.history.figures == {DONE: 5, MISSING: 1, REFUSED: 1}


@pytest.mark.parametrize("happens", [True, False])
@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_an_unanswered_write_may_have_happened_or_not(server, name, kind, happens):
    server.write(kind, None if kind == "create" else name, UNKNOWN, happens=happens)
    assert server.faults == {}
    assert server.faults == {}


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_what_an_unanswered_write_came_to_is_held_against_the_next_list(server, name, kind):
    before = dict(server.tasks)
    server.write(kind, None if kind == "create" else name, UNKNOWN)
    after = dict(server.tasks)
    assert server.faults == {}
    server.tasks = before
    assert server.faults == {"lost": 1}
    server.tasks = after
    assert server.faults == {}


@pytest.mark.parametrize("kind", ["create", "update"])
def test_an_unanswered_write_that_had_not_happened_cannot_happen_later(server, name, kind):
    write = server.write(kind, None if kind == "create" else name, UNKNOWN, happens=False)
    assert server.faults == {}
    server.apply(write)
    assert server.faults == {"lies": 1}


def test_a_task_that_is_gone(server, name):
    del server.tasks[name]
    assert server.faults == {"lost": 1}


def test_a_change_that_is_taken_back(server, name):
    before = dict(server.tasks[name])
    server.write("update", name)
    server.tasks[name] = before
    assert server.faults == {"lost": 1}


def test_a_change_that_is_taken_back_to_an_unanswered_one_before_it(server, name):
    server.write("update", name, UNKNOWN)
    before = dict(server.tasks[name])
    server.write("update", name)
    server.tasks[name] = before
    assert server.faults == {"lost": 1}


def test_a_deletion_that_is_taken_back(server, name):
    before = server.tasks[name]
    server.write("delete", name)
    server.tasks[name] = before
    assert server.faults == {"lost": 1}


def test_a_task_that_was_not_found_though_it_was_there(server, name):
    server.write("update", name, MISSING, happens=False)
    assert server.faults == {"lost": 1}


def test_a_task_that_is_there_twice(server, name):
    server.tasks["again"] = dict(server.tasks[name])
    assert server.faults == {"doubled": 1}


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_a_refused_write_that_happened(server, name, kind):
    server.write(kind, None if kind == "create" else name, REFUSED)
    assert server.faults == {"lies": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"description": None},
        {"description": "word-3 and so"},
        {"completed": False},
        {"title": "task-2"},
        {"updated_at": "000000000"},
        {"id": "other"},
    ],
)
def test_a_task_that_nobody_wrote_like_that(server, name, change):
    server.tasks[name] |= change
    assert server.faults == {"torn": 1}


def test_a_task_that_nobody_created(server):
    server.tasks["foreign"] = {"id": "x", "title": "foreign", "description": None, "completed": False}
    assert server.faults == {"torn": 1}


def test_a_list_that_is_out_of_order(server):
    server.tasks = dict(reversed(server.tasks.items()))
    assert server.faults == {"disordered": 1}


def test_a_write_that_was_never_sent_is_no_write(server):
    server.history.forget(server.history.begin("create"))
    assert server.faults == {}
    assert server.history.figures == {DONE: 3}
