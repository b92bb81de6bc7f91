"""What clients asked for and were told, and whether a list of tasks agrees with it.

A task is known by its name, the first word of its title. Every write says something new, its word, in the title and
again at both ends of the description, so that a task shows which write it comes from, whole or not. Answers carry
`updated_at`, which moves with every change of a task: it is the order of the writes, whoever sent them.

An answer that never came says nothing: the write may have happened or not, until a list tells. A refusal says that it
did not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Any, Literal

type Task = dict[str, Any]
type Kind = Literal["create", "update", "delete"]

PADDING = " and so on" * 20  # long enough for half of it to be missed


class Outcome(StrEnum):
    """What a client was told of its write."""

    DONE = "acknowledged"
    REFUSED = "refused"
    MISSING = "not found"
    UNKNOWN = "unanswered"


@dataclass(slots=True)
class Write:
    """One request, and what came of it; times are the client's, in seconds."""

    kind: Kind
    name: str
    word: str
    completed: bool
    sent: float = field(default_factory=monotonic)
    ended: float = float("inf")
    tries: int = 0
    outcome: Outcome = Outcome.UNKNOWN
    happened: bool | None = None
    answer: Task = field(default_factory=dict)

    @property
    def body(self) -> Task:
        """What its request says; a new task is never completed."""
        said: Task = {"title": f"{self.name} {self.word}", "description": f"{self.word}{PADDING} {self.word}"}
        return said if self.kind == "create" else said | {"completed": self.completed}

    def end(self, outcome: Outcome, answer: Task | None = None) -> None:
        """The answer came."""
        self.ended, self.outcome, self.answer = monotonic(), outcome, answer or {}
        self.happened = None if outcome is Outcome.UNKNOWN else outcome is Outcome.DONE

    def shown_by(self, task: Task) -> bool:
        """Whether a task has exactly this content."""
        return self.kind != "delete" and {"completed": False} | self.body == {
            member: task[member] for member in ("title", "description", "completed")
        }


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a list, case by case; each says what happened."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, list[str]]:
        """The kinds of what is wrong that there are."""
        return {kind: cases for kind, cases in vars(self).items() if cases}


class History:
    """Every write of every client, task by task in the order in which they were sent; the first creates the task."""

    def __init__(self) -> None:
        self.writes: dict[str, list[Write]] = defaultdict(list)
        self.count = 0

    def begin(self, kind: Kind, name: str | None = None, *, completed: bool = False) -> Write:
        """A write that is about to be sent; to a new task when no name is given."""
        self.count += 1
        write = Write(kind, name or f"task-{self.count}", f"word-{self.count}", completed)
        self.writes[write.name].append(write)
        return write

    def forget(self, write: Write) -> None:
        """It was not sent after all."""
        self.writes[write.name].remove(write)
        if not self.writes[write.name]:
            del self.writes[write.name]

    @property
    def figures(self) -> Counter[Outcome]:
        """How many writes were told what."""
        return Counter(write.outcome for writes in self.writes.values() for write in writes)

    @property
    def repeated(self) -> int:
        """How many writes were sent more than once."""
        return sum(write.tries > 1 for writes in self.writes.values() for write in writes)

    def check(self, listed: Sequence[Task]) -> Verdict:
        """What a list of all tasks says of this history.

        Nothing may be under way. What an unanswered write came to is taken from the list and held against the next.
        """
        verdict = Verdict()
        rows: dict[str, list[Task]] = defaultdict(list)
        for task in listed:
            rows[name_of(task)].append(task)
        for name, writes in self.writes.items():
            settle(writes, rows[name])
            judge(writes, rows.pop(name), verdict)
        verdict.torn.extend(f"{name}: nobody ever created it: {tasks}" for name, tasks in rows.items())
        verdict.disordered.extend(self._disorder(listed))
        return verdict

    def _disorder(self, listed: Sequence[Task]) -> Iterator[str]:
        latest: Write | None = None
        for task in listed:
            created = self.writes[name_of(task)][0] if name_of(task) in self.writes else None
            if created is None:
                continue
            if latest is not None and created.ended < latest.sent:
                yield f"{created.name}: was there before {latest.name} was asked for, but stands behind it"
            if latest is None or created.sent > latest.sent:
                latest = created


def name_of(task: Task) -> str:
    """The name by which its creator knows a task."""
    return str(task["title"]).partition(" ")[0]


def settle(writes: list[Write], rows: list[Task]) -> None:
    """Take from the rows of a task what became of its unanswered writes."""
    shown = next((write for task in rows for write in writes if write.shown_by(task)), None)
    if shown and not shown.answer and shown.outcome is Outcome.UNKNOWN:
        shown.answer = rows[0]
    for write in writes:
        if write.happened is None:
            there = {"create": bool(rows), "update": write is shown, "delete": writes[0].happened and not rows}
            write.happened = bool(there[write.kind])


def judge(writes: list[Write], rows: list[Task], verdict: Verdict) -> None:
    """Compare the rows of a task with its writes, of which each is known to have happened or not."""
    created, name = writes[0], writes[0].name
    deletes = [write for write in writes if write.kind == "delete" and write.happened]
    for write in writes:
        if write.outcome is Outcome.MISSING and not any(delete.sent < write.ended for delete in deletes):
            verdict.lost.append(f"{name}: a {write.kind} did not find it, and nobody had deleted it")
    if not rows:
        if created.happened and not deletes:
            refused = any(write.kind == "delete" and write.outcome is Outcome.REFUSED for write in writes)
            why = "its deletion was refused" if refused else "nobody deleted it"
            (verdict.lies if refused else verdict.lost).append(f"{name}: it was there and {why}, but it is gone")
        return
    if len(rows) > 1:
        verdict.doubled.append(f"{name}: it is there {len(rows)} times")
    if deletes:
        verdict.lost.append(f"{name}: its deletion is lost, it is there")
    if not created.happened:
        verdict.lies.append(f"{name}: it is there, but was {created.outcome} and not there before")
        return
    for task in rows:
        judge_content(writes, task, verdict)


def judge_content(writes: list[Write], task: Task, verdict: Verdict) -> None:
    """Compare the content of a task with the last write that is known to have happened."""
    name = writes[0].name
    known = [write for write in writes if write.answer]
    last = max(known, key=lambda write: str(write.answer["updated_at"]), default=None)
    shown = next((write for write in writes if write.shown_by(task)), None)
    if shown is None:
        verdict.torn.append(f"{name}: nobody ever wrote this: {task}")
    elif not shown.happened:
        verdict.lies.append(f"{name}: {shown.word} is there, but was {shown.outcome} and not there before")
    elif last is not None and shown is not last:
        verdict.lost.append(f"{name}: it was {last.word}, and is {shown.word} again")
    elif last is not None and task != last.answer:
        verdict.torn.append(f"{name}: it was {last.answer}, and is {task}")
