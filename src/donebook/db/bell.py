"""After a write: those who follow the log are told that it has grown.

A hint and no more: it is given after the commit and outside the request, and may get lost. Who follows looks for
himself now and then.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.errors import DATABASE_ERRORS
from donebook.problems import Problem

CHANNEL = "donebook_changes"
NOTIFY = f"""
SELECT pg_notify('{CHANNEL}', workspace_id::text) FROM logs WHERE workspace_id = ANY ($1) AND followed_until > now()
"""  # noqa: S608 - nothing comes from outside
APART = 0.05  # s between two notifications: what happens meanwhile is told together

type Tell = Callable[[str, list[Any]], Awaitable[Any]]


class Bell:
    """Rung after each write; it wakes who follows in this process, and by NOTIFY who does in another."""

    def __init__(self) -> None:
        self.wake: Callable[[UUID], bool] | None = None
        """Wakes who follows a workspace in this process, and says whether anybody does."""
        self.line: Tell | None = None
        """How to execute a statement past the pool, while there is a way."""
        self._rung: set[UUID] = set()
        self._telling: asyncio.Task[None] | None = None

    def ring(self, workspace: UUID, by_pool: Tell, *, followed: bool) -> None:
        """Tell that a workspace has changed.

        Args:
            workspace: where.
            by_pool: how to execute a statement when there is no other way.
            followed: whether anybody may be following in another process.
        """
        here = self.wake is not None and self.wake(workspace)
        if not (here or followed):
            return
        self._rung.add(workspace)
        if self._telling is None:
            # A context of its own: this is no part of the request, nor of its time.
            self._telling = asyncio.get_running_loop().create_task(self._tell(by_pool), context=Context())

    async def _tell(self, by_pool: Tell) -> None:
        try:
            while self._rung:
                rung, self._rung = list(self._rung), set()
                with contextlib.suppress(Problem, *DATABASE_ERRORS):
                    await (self.line or by_pool)(NOTIFY, [rung])
                await asyncio.sleep(APART)
        finally:
            self._telling = None


def bell_of(engine: AsyncEngine) -> Bell:
    """The bell of an engine."""
    bell: Bell = engine.get_execution_options()["bell"]
    return bell
