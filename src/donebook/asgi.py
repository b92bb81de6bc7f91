"""The one place where the parts meet."""

import logging
import traceback
from functools import partial
from typing import Any

import msgspec
from advanced_alchemy.extensions.litestar import SQLAlchemyInitPlugin
from litestar import Litestar, Request, Response
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Scope

from donebook import idempotency, openapi, problems, settings, tracing
from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.answers import Answer
from donebook.baseline.controller import BaselineController
from donebook.batch.controller import BatchController
from donebook.changes.controller import ChangeController, HistoryController
from donebook.changes.feed import Entities
from donebook.changes.hub import Hub
from donebook.db.config import Database, embedded
from donebook.db.errors import DATABASE_ERRORS, from_database, sqlstate
from donebook.db.migrations import reason
from donebook.db.url import Target
from donebook.edge import Edge, allowed
from donebook.error_bodies import error_body, media_type
from donebook.health.controller import HealthController, get_metrics
from donebook.json_body import LONGEST, StrictJSON, sentence_of
from donebook.preconditions import etag
from donebook.problems import Problem, Stale
from donebook.providers import providers
from donebook.settings import Settings
from donebook.snapshot.controller import SnapshotController
from donebook.snapshot.service import Snapshots
from donebook.tasks.contract import Task
from donebook.tasks.controller import TaskController, TrashController
from donebook.tasks.log import translate
from donebook.tasks.shape import shape
from donebook.undo.controller import UndoController
from donebook.upkeep import Upkeep
from donebook.web.docs import DocsRouter, docs
from donebook.web.pages import Pages

log = logging.getLogger("donebook")

BY_STATUS = {
    400: problems.BadRequest,
    404: problems.NotFound,
    405: problems.MethodNotAllowed,
    422: problems.Invalid,
}

ENTITIES: Entities = {"task": translate}
"""What the log knows, and how it is told."""

# Litestar answers 400 where the contract says 422; set here, before any handler is made, so that OpenAPI follows.
ValidationException.status_code = 422

type AnyRequest = Request[Any, Any, Any]


def create_app(given: Settings | None = None) -> Litestar:
    """The application.

    Args:
        given: the settings, or None for those of the environment.
    """
    chosen = given or settings.load_or_exit()
    pages = Pages()
    base = database(chosen)
    hub = Hub(base.get_engine, ENTITIES)
    snapshots = Snapshots(chosen.pool_size)
    app = Litestar(
        route_handlers=[
            BaselineController,
            TaskController,
            TrashController,
            BatchController,
            UndoController,
            HistoryController,
            ChangeController,
            SnapshotController,
            HealthController,
            get_metrics,
            *pages.handlers(),
        ],
        dependencies=providers(chosen, base, entities=ENTITIES, hub=hub, snapshots=snapshots),
        plugins=[SQLAlchemyInitPlugin(base)],
        dto=StrictJSON,
        return_dto=None,
        response_class=Answer,
        exception_handlers={
            Problem: answer,
            Stale: answer_stale,
            problems.ServerError: answer_mistake,
            HTTPException: partial(answer_http, pages),
            Exception: answer_unexpected,
            **dict.fromkeys(DATABASE_ERRORS, answer_database),
        },
        after_exception=[partial(after_refusal, base)],
        before_request=refuse_unknown_parameters,
        openapi_config=openapi.config(docs(pages), DocsRouter()),
        request_max_body_size=None,  # the edge has seen to it
        logging_config=None,
    )
    openapi.complete(app)
    app.state["parameters"] = openapi.query_parameters(app)
    methods = {route.path_format: route.methods for route in app.routes}
    upkeep = Upkeep(chosen, base)
    app.state["lapse"] = partial(upkeep.pass_by, now=True)
    app.on_shutdown.append(upkeep.stop)
    app.on_shutdown.append(hub.stop)
    edge = Edge(app.asgi_handler, chosen, methods, upkeep.pass_by, hub.close)
    app.state["edge"] = edge
    app.asgi_handler = tracing.start(edge) if chosen.tracing else edge
    return app


def database(chosen: Settings) -> Database:
    """The database of these settings: the one that `DATABASE_URL` names, else the local one."""

    def target() -> Target:
        return chosen.target() if chosen.database_url else embedded(chosen.data_dir)

    return Database(target=target, limits=chosen.limits())


async def refuse_unknown_parameters(request: AnyRequest) -> None:
    """Let nobody believe that a misspelled filter was a filter; the frozen contract ignores what it does not know.

    Raises:
        Invalid: on `/api/v1`, when a query parameter is unknown, or is there twice.
    """
    if not request.scope["query_string"] or not request.scope["path"].startswith("/api/v1/"):
        return
    known = request.app.state["parameters"].get(getattr(request.route_handler, "operation_id", None), {})
    given = list(request.query_params.multi_items())
    names = [name for name, _ in given]
    for name, value in given:
        if name not in known:
            raise problems.Invalid(f"Unknown query parameter: {name[:100]}")
        if names.count(name) > 1:
            raise problems.Invalid.parameter(name, "expected once")
        if not known[name].fullmatch(value):
            expected = "a whole number" if known[name] is openapi.NUMBER else "a value, not null"
            raise problems.Invalid.parameter(name, f"expected {expected}")


async def after_refusal(base: Database, error: Exception, scope: Scope) -> None:
    """Spend the idempotency key of a request that was refused."""
    await idempotency.spend_on_refusal(error, scope, engine=base.get_engine(), workspace=DEFAULT_WORKSPACE)


def answer(request: AnyRequest, problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A problem, as the document that says it."""
    problem = request.scope["state"].pop("instead", problem)
    headers = dict(headers or {})
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(
        error_body(problem, request.scope["path"], request.scope["state"]["request_id"]),
        status_code=problem.status,
        media_type=media_type(request.scope["path"]),
        headers=headers,
    )


def answer_stale(request: AnyRequest, problem: Stale) -> Response[bytes]:
    """The task as it is, if it is there, with its ETag, so that the client can go on from there."""
    current = problem.members.get("current")
    if current is None:
        return answer(request, problem)
    if isinstance(current, dict):  # it was stored with a key
        current = msgspec.convert(current, Task)
    elif not isinstance(current, Task):
        current = shape(current)
    problem.members["current"] = current
    return answer(request, problem, {"ETag": etag(current.version)})


def answer_http(pages: Pages, request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What Litestar itself refuses; an address that only the web app knows is the page."""
    if error.status_code == 404 and (page := pages.deep_link(request)):
        return page
    kind = BY_STATUS.get(error.status_code, problems.BadRequest if error.status_code < 500 else problems.ServerError)
    if isinstance(error, ValidationException) and error.extra:
        return answer(request, _invalid(error.extra))
    headers = {
        name: allowed(value.replace(",", " ").split()) if name.lower() == "allow" else value
        for name, value in (error.headers or {}).items()
    }
    return answer(request, kind(), headers)


def answer_database(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A database error that no repository turned into a problem."""
    return answer(request, from_database(error, writing=request.method != "GET"))


def answer_unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A mistake of ours: the client gets the request's id, the log gets where it happened."""
    log.error("unexpected error", exc_info=error, extra={"request_id": request.scope["state"]["request_id"]})
    return answer(request, problems.ServerError())


def answer_mistake(request: AnyRequest, problem: problems.ServerError) -> Response[bytes]:
    """A mistake of ours that the database found.

    Of what it said the log gets the words only when they are about our SQL (class 42): others can quote what people
    wrote. So it gets the place as frames, without the errors that led here.
    """
    code = sqlstate(problem)
    extra = {
        "request_id": request.scope["state"]["request_id"],
        "sqlstate": code,
        "error": reason(problem.__cause__) if problem.__cause__ and code and code.startswith("42") else None,
        "frames": "".join(traceback.format_tb(problem.__traceback__)),
    }
    log.error("unexpected error", extra=extra)
    return answer(request, problem)


def _invalid(extra: object) -> problems.Invalid:
    """What Litestar found wrong with a request, as one sentence."""
    messages = [found for found in extra if isinstance(found, dict)] if isinstance(extra, list) else []
    if any(found.get("key") == "data" or "`data`" in str(found.get("message")) for found in messages):
        missing = problems.Fault(kind="missing", loc=["body"], msg="Field required")
        return problems.Invalid("The body is empty; expected a JSON object", faults=[missing])
    said = "; ".join(f"{_place(found)}: {_sentence(str(found.get('message')))}" for found in messages)
    return problems.Invalid(said[:LONGEST])


def _place(found: dict[str, Any]) -> str:
    """Where in a request something is wrong: in which parameter or header."""
    source = found.get("source")
    kind = {ParamType.QUERY: "Query parameter ", ParamType.PATH: "Path parameter ", ParamType.HEADER: "Header "}
    return f"{kind.get(source, '') if source else ''}{found.get('key', 'request')}"


def _sentence(message: str) -> str:
    said = sentence_of(message)
    return said[:1].lower() + said[1:]
