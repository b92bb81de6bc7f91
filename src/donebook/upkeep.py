"""What has to happen now and then, done in passing: a scheduler would keep the database awake."""

import asyncio
import logging
from contextvars import Context
from datetime import timedelta
from time import monotonic

from donebook import deadline
from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.base import Session
from donebook.db.caller import DONEBOOK, Caller
from donebook.db.config import Database
from donebook.problems import Problem
from donebook.settings import Settings
from donebook.tasks.service import TaskService

log = logging.getLogger("donebook.upkeep")

EVERY = 3600.0  # s, at most: after a write, when the database is awake anyway
TIME = 600.0  # s for all of it


class Upkeep:
    """Empties the trash of what lay there for too long, and forgets what the log need not keep."""

    def __init__(self, chosen: Settings, base: Database) -> None:
        self.keep_trash = timedelta(days=chosen.trash_days)
        self.keep_log = timedelta(days=chosen.log_days) or None
        self.base = base
        self.due = 0.0
        self.running: asyncio.Task[None] | None = None

    def pass_by(self, *, now: bool = False) -> None:
        """Begin, in the background, when it is due, or `now`. A server that was just started has it due."""
        if self.running is not None or not (now or monotonic() >= self.due):
            return
        self.due = monotonic() + EVERY
        self.running = asyncio.get_running_loop().create_task(self._run(), context=Context())  # no part of the request

    async def stop(self) -> None:
        """Leave the rest for another time."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)

    async def _run(self) -> None:
        """What fails is left for the next time: nothing depends on when it happens."""
        try:
            deadline.start(TIME)
            caller = Caller(workspace=DEFAULT_WORKSPACE, actor=DONEBOOK)
            session = Session(self.base.get_engine(), self.base.create_session_maker())
            tasks = TaskService(session, caller=caller, keep=self.keep_trash)
            erased = await tasks.lapse()
            forgotten = await tasks.changes.forget(self.keep_log) if self.keep_log else 0
            if erased or forgotten:
                log.info("upkeep", extra={"erased": erased, "forgotten": forgotten})
        except Problem as problem:
            log.debug(problem.title())
        finally:
            self.running = None
