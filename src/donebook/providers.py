"""What handlers are given: services in the caller's workspace, and what there is one of.

Litestar makes a task group for dependencies that it can provide side by side, which costs more than providing ours. So
they stand in a row: the key, then the service, then what `If-Match` says.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.types import Scope

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.batch.service import BatchService
from donebook.changes.feed import Entities
from donebook.changes.hub import Hub
from donebook.changes.service import ChangeService
from donebook.db.base import Session
from donebook.db.caller import Caller
from donebook.db.config import Database
from donebook.db.keys import Key
from donebook.settings import Settings
from donebook.snapshot.service import Snapshots
from donebook.tasks.service import TaskService
from donebook.undo.service import UndoService


def providers(
    chosen: Settings, base: Database, *, entities: Entities, hub: Hub, snapshots: Snapshots
) -> Mapping[str, Provide]:
    """How handlers get what they name; no statement of what they get can reach another workspace.

    Args:
        chosen: the settings.
        base: the database.
        entities: what the log knows, and how it is told.
        hub: tells of changes.
        snapshots: takes snapshots.
    """
    keep = timedelta(days=chosen.trash_days)

    def provide_tasks(request: Request[Any, Any, Any], key: NamedDependency[Key | None]) -> TaskService:
        session, caller = session_of(base, request.scope), caller_of(request.scope)
        return TaskService(session, caller=caller, key=key, keep=keep, search_work=chosen.search_work)

    def provide_batches(request: Request[Any, Any, Any], key: NamedDependency[Key | None]) -> BatchService:
        return BatchService(session_of(base, request.scope), caller=caller_of(request.scope), key=key, keep=keep)

    def provide_undo(request: Request[Any, Any, Any], key: NamedDependency[Key | None]) -> UndoService:
        session, caller = session_of(base, request.scope), caller_of(request.scope)
        return UndoService(session, caller=caller, key=key, keep=keep, entities=entities)

    def provide_changes(request: Request[Any, Any, Any]) -> ChangeService:
        return ChangeService(session_of(base, request.scope), caller=caller_of(request.scope))

    def provide_caller(request: Request[Any, Any, Any]) -> Caller:
        return caller_of(request.scope)

    return {
        "key": always(None),  # of a handler that only reads; those that write name another provider
        "caller": provided(provide_caller),
        "tasks": provided(provide_tasks),
        "batches": provided(provide_batches),
        "undo": provided(provide_undo),
        "changes": provided(provide_changes),
        "entities": always(entities),
        "hub": always(hub),
        "snapshots": always(snapshots),
        "engine": provided(base.get_engine),
    }


def session_of(base: Database, scope: Scope) -> Session:
    """The session of a request, opened when it is asked for."""
    return Session(base.get_engine(), partial(base.provide_session, scope["litestar_app"].state, scope))


def caller_of(scope: Scope) -> Caller:
    """Who asks: without accounts, anybody, and there is one workspace."""
    return Caller(workspace=DEFAULT_WORKSPACE, request_id=scope["state"]["request_id"])


def provided(make: Callable[..., Any]) -> Provide:
    """How handlers get what is made for each request."""
    return Provide(make, sync_to_thread=False)


def always(thing: object) -> Provide:
    """How handlers get what there is one of in the whole application."""
    return Provide(lambda: thing, sync_to_thread=False)
