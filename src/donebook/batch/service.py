"""Several operations on tasks that happen together, or not at all."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from donebook.batch.desk import Desk, Draft
from donebook.batch.operations import CreateOperation, MoveOperation, Operation
from donebook.batch.repository import BatchRepository
from donebook.changes.models import Change
from donebook.db.base import Service, Session
from donebook.db.caller import Caller
from donebook.db.keys import Key
from donebook.db.transaction import Transaction
from donebook.problems import Contended, IdTaken, NoRoom, Problem
from donebook.tasks.models import Task
from donebook.wire import parse_id


class BatchService(Service[Task, BatchRepository]):
    """Batches in one workspace: one transaction each, of as many round trips however many operations there are.

    Args:
        session: whose engine to use.
        caller: for whom.
        key: the idempotency key of the request.
        keep: how long tasks stay in the trash.
    """

    repository_type = BatchRepository

    def __init__(self, session: Session, *, caller: Caller, key: Key | None, keep: timedelta) -> None:
        super().__init__(session, caller=caller, key=key)
        self.keep = keep

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Task]:
        """For each operation the task that it is about, as it is after all of them.

        Raises:
            Problem: what one of them met, with its `index`; then nothing has happened.
        """
        spread: set[UUID] = set()
        while True:
            try:
                return await self.repository.together(partial(self._apply, operations))
            except NoRoom as problem:
                around = {UUID(problem.anchor)} if problem.anchor else set()
                if around <= spread:  # it may be a task that only this batch creates, between others
                    around = {*anchors(operations)}
                await self.repository.spread(sorted(around))
                spread |= around

    async def _apply(self, operations: Sequence[Operation], tx: Transaction) -> Sequence[Task]:
        repository, moves = self.repository, anchors(operations)
        named = sorted({UUID(one.id) for one in operations if isinstance(one, CreateOperation) and one.id is not None})
        ids = sorted({task_id for one in operations if (task_id := parse_id(one.id or "")) is not None} | {*moves})
        tasks = await repository.locked(tx, ids, naming=bool(named), placing=bool(moves), keep=self.keep)
        lives = await repository.lives(tx, named) if named else ()
        if appeared(tasks, lives):
            raise Contended from IdTaken()  # a moment ago: the next attempt sees the task
        desk = Desk(tasks, lives)
        drafts = [one(desk, index, operation) for index, operation in enumerate(operations)]
        rows = {task.id: task for task in tasks}
        if desk.new:
            added = await repository.create(tx, [draft.create() for draft in desk.new])
            if len(added) < len(desk.new):
                raise Contended from IdTaken()  # likewise
            for draft, task in zip(desk.new, added, strict=True):
                draft.id = task.id
                rows[task.id] = task
        known = ((draft, rows[draft.id]) for draft in desk.drafts.values() if draft.id is not None)
        if changed := [row for draft, stored in known if (row := draft.change(stored)) is not None]:
            rows |= {task.id: task for task in await repository.change(tx, changed)}
        if desk.moves:
            rows |= {task.id: task for task in await repository.place(tx, desk.moves)}
        return [rows[draft.id] for draft in drafts if draft.id is not None]


def appeared(tasks: Sequence[Task], lives: Sequence[Change]) -> bool:
    """Whether the log has the beginning of a task, and not its end, that was not there to be locked."""
    latest = {change.entity_id: change.op for change in lives}
    locked = {task.id for task in tasks}
    return any(op == "create" and task_id not in locked for task_id, op in latest.items())


def one(desk: Desk, index: int, operation: Operation) -> Draft:
    """Do one operation of several.

    Raises:
        Problem: what it met, with its `index`.
    """
    try:
        return desk.apply(operation)
    except Problem as problem:
        raise type(problem)(f"operations[{index}]: {problem.detail}", index=index, **problem.members) from None


def anchors(operations: Sequence[Operation]) -> list[UUID]:
    """What tasks are to be moved next to."""
    moves = [operation for operation in operations if isinstance(operation, MoveOperation)]
    found = {parse_id(str(anchor)) for move in moves for anchor in (move.before, move.after)}
    return sorted(anchor for anchor in found if anchor is not None)
