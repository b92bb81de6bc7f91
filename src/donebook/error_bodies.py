"""The bodies of error answers: problem documents (RFC 9457), and under `/tasks` the bodies that its first server sent.

See docs/decisions/0013-errors-of-the-first-server.md.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from donebook.problems import Fault, Invalid, Problem

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
BARE = (404, 405, 422)
"""Statuses that the first server answered too: its clients may compare the whole body, so `detail` stands alone."""


class ProblemDocument(Struct, frozen=True, kw_only=True, rename={"kind": "type"}):
    """What went wrong (RFC 9457)."""

    kind: Annotated[str, Meta(description="The problem's stable name, for programs", examples=["task-not-found"])]
    title: Annotated[str, Meta(description="What its name means", examples=["Task not found"])]
    status: Annotated[int, Meta(description="The HTTP status", examples=[404])]
    detail: Annotated[str, Meta(description="What happened, for people", examples=["Task not found"])]
    request_id: Annotated[
        str, Meta(description="Also in X-Request-ID and in the server's log", examples=["4f1c0d7b9a3e"])
    ]


class BaselineError(Struct, frozen=True, kw_only=True):
    """What went wrong."""

    detail: Annotated[str, Meta(description="What happened, for people", examples=["Task not found"])]


class BaselineInvalid(Struct, frozen=True, kw_only=True):
    """Why the request is not valid."""

    detail: Annotated[list[Fault], Meta(description="Every fault, in the order of the members", min_length=1)]


def frozen(path: str) -> bool:
    """Whether the frozen contract covers a path."""
    return path == "/tasks" or path.startswith("/tasks/")


def media_type(path: str) -> str:
    """The media type of error answers at a path."""
    return JSON if frozen(path) else PROBLEM_JSON


def shape(status: int, path: str) -> type[Struct]:
    """The schema of the error answers with a status at a path."""
    if not frozen(path) or status not in BARE:
        return ProblemDocument
    return BaselineInvalid if status == Invalid.status else BaselineError


def error_body(problem: Problem, path: str, request_id: str) -> bytes:
    """The body of the answer to a request for `path` that met a problem."""
    kind = shape(problem.status, path)
    if kind is BaselineInvalid:
        return msgspec.json.encode(BaselineInvalid(detail=list(problem.faults)))
    if kind is BaselineError:
        return msgspec.json.encode(BaselineError(detail=problem.detail))
    document = ProblemDocument(
        kind=problem.type(),
        title=problem.title(),
        status=problem.status,
        detail=problem.detail,
        request_id=request_id,
    )
    return msgspec.json.encode(msgspec.to_builtins(document) | problem.members if problem.members else document)
