"""The OpenAPI document: what every endpoint can answer, errors included, in the shapes really sent."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.enums import MediaType
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Example,
    License,
    OpenAPIFormat,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    Server,
    Tag,
)

from donebook import problems
from donebook.error_bodies import error_body, media_type, shape
from donebook.problems import Problem
from donebook.version import VERSION

ANY_TEXT = re.compile(".*", re.DOTALL)
NUMBER = re.compile("-?(0|[1-9][0-9]{0,17})", re.ASCII)
NOT_NULL = re.compile("(?!null\\Z).*", re.DOTALL | re.IGNORECASE)

HARMLESS = "; nothing was changed"

type Kind = type[Problem] | Problem
"""A kind of problem, or one of them as the example that the document shows."""
type Kinds = tuple[Kind, ...]

ANY: Kinds = (problems.UnknownHost, problems.ServerError)
BODY: Kinds = (problems.TooLarge, problems.NotJson, problems.Invalid)
KEY: Kinds = (problems.BadKey, problems.KeyInFlight, problems.KeyReused)
FOUND: Kinds = (problems.TaskNotFound,)
QUERY = problems.Invalid.parameter("limit", "expected a whole number of at least 1")
PAGE: Kinds = (problems.BadCursor, QUERY)
MATCH: Kinds = (problems.BadPrecondition, problems.Stale)
DATABASE: Kinds = (
    problems.Unavailable,
    problems.Busy,
    problems.Contended,
    problems.TooSlow,
    problems.Full,
    problems.NotReady,
)
WRITE: Kinds = (*DATABASE, problems.OutcomeUnknown, problems.Conflict)


def answers(*kinds: Kind, path: str = "/api/v1") -> Mapping[int, ResponseSpec]:
    """The error answers of an endpoint below a path, by status, with an example of each."""
    by_status: dict[int, list[Kind]] = {}
    for kind in (*kinds, *ANY):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: ResponseSpec(
            data_container=shape(status, path),
            media_type=media_type(path),
            description=_description(several),
            generate_examples=False,
            examples=[_example(kind, path) for kind in several],
        )
        for status, several in sorted(by_status.items())
    }


def _description(several: list[Kind]) -> str:
    """What may have happened, with what all of it has in common said once."""
    titles = [kind.title() for kind in several]
    harmless = [title.removesuffix(HARMLESS) for title in titles if title.endswith(HARMLESS)]
    if len(harmless) < 2:
        return "; ".join(titles)
    others = [title for title in titles if not title.endswith(HARMLESS)]
    return "; ".join([f"Nothing was changed: {', or '.join(harmless)}", *others])


def _example(kind: Kind, path: str) -> Example:
    body = error_body(kind if isinstance(kind, Problem) else kind.sample(), path, "4f1c0d7b9a3e")
    return Example(summary=kind.title(), value=msgspec.json.decode(body))


def examples(
    answer: object, body: object = None, *, bodies: Mapping[str, object] | None = None, members: int | None = None
) -> dict[str, object]:
    """What a handler's `opt` carries, so that the document shows one answer and one body that belong together.

    Args:
        answer: what is answered.
        body: what was sent.
        bodies: instead of one body several, by their names.
        members: how many members the body has, when that is a rule.
    """
    return {"example_answer": answer, "example_body": body, "example_bodies": bodies, "body_members": members}


def complete(app: Litestar) -> None:
    """Put into the document what Litestar cannot be told, and leave in it only answers that are really sent."""
    document = app.openapi_schema
    operations = {
        operation.operation_id: operation
        for item in (document.paths or {}).values()
        for operation in (item.get, item.post, item.put, item.delete, item.patch)
        if operation is not None
    }
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            operation = operations.get(getattr(handler, "operation_id", None))
            if operation is not None:
                _complete(operation, handler.opt)
                _close(document.components.schemas, handler)
    for schema in document.components.schemas.values():
        for name, member in (schema.properties or {}).items():
            if name.endswith("_at") and isinstance(member, Schema):
                member.format = OpenAPIFormat.DATE_TIME


def query_parameters(app: Litestar) -> dict[str, dict[str, re.Pattern[str]]]:
    """The query parameters that each operation takes, by the operation's id, and how their values may be written."""
    return {
        operation.operation_id: {
            parameter.name: _written(_alternatives(parameter.schema))
            for parameter in operation.parameters or []
            if isinstance(parameter, Parameter) and parameter.param_in == "query"
        }
        for item in (app.openapi_schema.paths or {}).values()
        for operation in (item.get, item.post, item.put, item.delete, item.patch)
        if operation is not None and operation.operation_id is not None
    }


def _written(schemas: list[Schema | Reference]) -> re.Pattern[str]:
    """How values are written: Litestar would take 1e3 for a number, and null for no value."""
    kinds = {schema.type for schema in schemas if isinstance(schema, Schema) and not schema.enum}
    return ANY_TEXT if OpenAPIType.STRING in kinds else NUMBER if OpenAPIType.INTEGER in kinds else NOT_NULL


def _alternatives(schema: Schema | Reference | None) -> list[Schema | Reference]:
    return [] if schema is None else [schema, *((isinstance(schema, Schema) and schema.one_of) or [])]


def _complete(operation: Operation, opt: dict[str, object]) -> None:
    operation.responses = {
        status: response
        for status, response in (operation.responses or {}).items()
        if not isinstance(response, OpenAPIResponse) or _sent(status, response)
    }
    for status, response in operation.responses.items():
        if not isinstance(response, OpenAPIResponse):
            continue
        response.headers = {**(response.headers or {}), "X-Request-ID": REQUEST_ID_HEADER}
        if status == "503":
            response.headers["Retry-After"] = RETRY_AFTER_HEADER
        if "409" in operation.responses and (status.startswith("2") or status in ("404", "422")):
            response.headers["Idempotency-Replayed"] = REPLAYED_HEADER
        if status in ("304", "412") or (status.startswith("2") and hasattr(opt.get("example_answer"), "version")):
            response.headers["ETag"] = ETAG_HEADER
        if status.startswith("2"):
            _any_of(response.content)
            _show(response.content, opt.get("example_answer"))
    for parameter in operation.parameters or []:
        if not isinstance(parameter, Parameter):
            continue
        if parameter.name in HEADERS:
            parameter.schema = HEADERS[parameter.name]
        elif isinstance(parameter.schema, Schema):
            parameter.schema.examples = None  # Litestar's copies; Scalar takes them for an enumeration
    if isinstance(operation.request_body, RequestBody):
        _show(operation.request_body.content, opt.get("example_body"), opt.get("example_bodies"))


def _close(schemas: Mapping[str, Schema], handler: Any) -> None:
    """Say of a body's Structs that they refuse what they do not know, where they do."""
    if handler.parsed_data_field is None:
        return
    body: Any = handler.parsed_data_field.annotation
    for name, schema in msgspec.json.schema_components([body])[1].items():
        if schema.get("additionalProperties") is False:
            schemas[name].additional_properties = False
    members = handler.opt.get("body_members")
    if members is not None:
        schemas[body.__name__].min_properties = schemas[body.__name__].max_properties = members


def _sent(status: str, response: OpenAPIResponse) -> bool:
    """Whether an answer has a shape of ours; Litestar adds its own 422, with a schema of its own, to any parameter."""
    media = (response.content or {}).get(MediaType.JSON)
    return not (status == "422" and media is not None and isinstance(media.schema, Schema))


def _any_of(content: dict[str, OpenAPIMediaType] | None) -> None:
    """Let an answer be any of several: an empty page is right as each of them."""
    for media in (content or {}).values():
        if isinstance(media.schema, Schema) and media.schema.one_of:
            media.schema.any_of, media.schema.one_of = media.schema.one_of, None


def _show(content: dict[str, OpenAPIMediaType] | None, example: object, several: Any = None) -> None:
    for media in (content or {}).values():
        if several:
            media.examples = {name: Example(value=_with_nulls(value)) for name, value in several.items()}
        else:
            media.example = _with_nulls(msgspec.to_builtins(example))


class _Null(Enum):
    """Litestar leaves members that are None out of what it writes, and writes the value of an Enum's."""

    NULL = None


def _with_nulls(example: Any) -> Any:
    if isinstance(example, dict):
        return {name: _with_nulls(value) for name, value in example.items()}
    if isinstance(example, list):
        return [_with_nulls(value) for value in example]
    return _Null.NULL if example is None else example


REQUEST_ID_HEADER = OpenAPIHeader(
    schema=Schema(type=OpenAPIType.STRING), description="The request's id: the one that was sent, or a new one"
)
KEY_PATTERN = r"^[\x21-\x7e]*[\x21\x23-\x7e][\x21-\x7e]*$"  # the quoted form is taken as well
TAG = r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = Schema(type=OpenAPIType.STRING, pattern=rf"^(\*|{TAG}([ \t]*,[ \t]*{TAG})*)$")
HEADERS = {
    "Idempotency-Key": Schema(type=OpenAPIType.STRING, min_length=1, max_length=255, pattern=KEY_PATTERN),
    "If-Match": TAGS,
    "If-None-Match": TAGS,
}
ETAG_HEADER = OpenAPIHeader(
    schema=Schema(type=OpenAPIType.STRING), description="The task's version, as If-Match takes it"
)
REPLAYED_HEADER = OpenAPIHeader(
    schema=Schema(type=OpenAPIType.STRING, const="true"), description="This is the answer to an earlier request"
)
RETRY_AFTER_HEADER = OpenAPIHeader(
    schema=Schema(type=OpenAPIType.INTEGER, minimum=1), description="Seconds after which trying again makes sense"
)


def config(docs: OpenAPIRenderPlugin, router: Router) -> OpenAPIConfig:
    """Return how Litestar writes and serves the document.

    Args:
        docs: the plugin that renders the docs page.
        router: the router on which Litestar registers the document and the page.
    """
    return OpenAPIConfig(
        title="Donebook",
        version=VERSION,
        summary="The trustworthy task service you run yourself",
        description=(
            "Nothing you were told is saved is ever lost, doubled or silently overwritten.\n\n"
            "`/tasks` is frozen: it stays as it is, for ever. Its errors are objects with a `detail`; that of a 422"
            " is the list of all faults. All other errors are problem documents (RFC 9457). Every answer carries"
            " `X-Request-ID`."
        ),
        license=License(name="MIT", identifier="MIT"),
        servers=[Server(url="/", description="This server")],
        tags=[
            Tag(name="Tasks", description="The frozen contract."),
            Tag(name="Tasks v1", description="The whole task, with versions, positions and a trash."),
            Tag(name="Changes", description="Every change, kept, read and followed; and snapshots to begin with."),
            Tag(name="Health", description="For probes and people."),
        ],
        render_plugins=[JsonRenderPlugin(media_type=MediaType.JSON), docs],
        openapi_router=router,
        use_handler_docstrings=True,
        create_examples=False,
    )
