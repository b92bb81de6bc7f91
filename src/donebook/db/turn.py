"""Writes that wait for their turn to be sent."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextvars import copy_context
from time import monotonic
from typing import Any

from donebook import deadline
from donebook.db.caller import Caller

_UNDER_WAY: set[asyncio.Task[None]] = set()
"""Asyncio itself does not keep tasks."""


class Turn:
    """A write, and the one who waits for what becomes of it.

    Args:
        values: what the statement takes.
        caller: for whom.
        patience: seconds until it must have been sent.
    """

    __slots__ = ("alone", "caller", "context", "due", "outcome", "until", "values")

    def __init__(self, values: Mapping[str, Any], caller: Caller, patience: float) -> None:
        now = monotonic()
        self.values = values
        self.caller = caller
        self.until = now + patience
        self.due = now + deadline.remaining()
        self.context = copy_context()
        self.alone = False  # whether it is not to go together with others
        self.outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    @property
    def over(self) -> bool:
        """Whether nobody waits any more: what is not sent yet must not be, for something newer may be stored by now."""
        return self.outcome.done()

    def becomes(self, row: Any) -> None:
        """Tell what the write gives."""
        if not self.over:
            self.outcome.set_result(row)

    def fails(self, error: Exception) -> None:
        """Tell what went wrong."""
        if not self.over:
            self.outcome.set_exception(error)

    def lead(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something as a part of this one's request, in its time."""
        task = asyncio.get_running_loop().create_task(work, context=self.context)
        _UNDER_WAY.add(task)
        task.add_done_callback(_UNDER_WAY.discard)
        return task

    def lead_alone(self, work: Coroutine[Any, Any, None]) -> None:
        """The same with what is for this one only: it ends when nobody waits any more."""
        task = self.lead(work)
        self.outcome.add_done_callback(lambda outcome: outcome.cancelled() and task.cancel())
