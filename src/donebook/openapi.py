"""The OpenAPI document: what every endpoint can answer, errors included, in the shapes really sent."""

from collections.abc import Mapping

from litestar.enums import MediaType
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Example, License, Server, Tag

from donebook import problems
from donebook.problems import Problem, ProblemDocument
from donebook.version import VERSION

PROBLEM_JSON = "application/problem+json"


type Kinds = tuple[type[Problem], ...]

ANY: Kinds = (problems.UnknownHost, problems.ServerError)
BODY: Kinds = (problems.TooLarge, problems.NotJson, problems.Invalid)
FOUND: Kinds = (problems.TaskNotFound,)
DATABASE: Kinds = (problems.Unavailable, problems.Busy, problems.Full, problems.NotReady)
WRITE: Kinds = (*DATABASE, problems.OutcomeUnknown)


def answers(*kinds: type[Problem]) -> Mapping[int, ResponseSpec]:
    """The error answers of an endpoint, by status, with an example of each."""
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in (*kinds, *ANY):
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: ResponseSpec(
            data_container=ProblemDocument,
            media_type=PROBLEM_JSON,
            description="; ".join(kind.title() for kind in several),
            generate_examples=False,
            examples=[_example(kind) for kind in several],
        )
        for status, several in sorted(by_status.items())
    }


def _example(kind: type[Problem]) -> Example:
    document = {
        "type": kind.type(),
        "title": kind.title(),
        "status": kind.status,
        "detail": kind.example or kind.title(),
        "request_id": "4f1c0d7b9a3e",
    }
    return Example(id=kind.type(), summary=kind.title(), value=document)


class _Document(JsonRenderPlugin):
    """The document at `/openapi.json`, as plain JSON."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.JSON)


def config() -> OpenAPIConfig:
    """How Litestar writes the document."""
    return OpenAPIConfig(
        title="Donebook",
        version=VERSION,
        summary="The trustworthy task service you run yourself",
        description=(
            "Nothing you were told is saved is ever lost, doubled or silently overwritten.\n\n"
            "`/tasks` is frozen: it stays as it is, for ever. Errors are problem documents (RFC 9457); every answer"
            " carries `X-Request-ID`."
        ),
        license=License(name="MIT", identifier="MIT"),
        servers=[Server(url="/", description="This server")],
        tags=[
            Tag(name="Tasks", description="The frozen contract."),
            Tag(name="Health", description="For probes and people."),
        ],
        path="/openapi.json",
        render_plugins=[_Document()],
        use_handler_docstrings=True,
        create_examples=False,
    )
