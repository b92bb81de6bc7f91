"""`If-Match` and `If-None-Match` (RFC 9110, section 13): entity tags are versions."""

import re
from typing import Annotated, Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter

from donebook.db.models import Versions
from donebook.problems import BadPrecondition

TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"', re.ASCII)
TAGS = re.compile(rf"(?:[ \t]*+,)*+[ \t]*+{TAG.pattern}[ \t]*+(?:,[ \t]*+(?:{TAG.pattern}[ \t]*+)?+)*+")
"""A list of them (RFC 9110, section 5.6.1). No part gives back what it took, so the time is linear."""

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="Write only when the task's ETag is still this one; else the answer is 412, with the task.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", description="Answer 304 when the ETag is still this one."),
]


def provide_versions(
    request: Request[Any, Any, Any],
    tasks: NamedDependency[Any],  # noqa: ARG001 - after the service: see `donebook.providers`
    if_match: IfMatch = None,
) -> Versions:
    """What `If-Match` says; a tag that is no version of ours is one that nothing has.

    Raises:
        BadPrecondition: when it is malformed.
    """
    if if_match is None:
        return None
    said = ", ".join(request.headers.getall("if-match"))  # several lines are one list (RFC 9110, section 5.3)
    if said.strip() == "*":
        return None
    return [version for weak, tag in _tags(said) if not weak and (version := _version(tag)) is not None]


def refuse_condition(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let nobody who sends `If-Match` believe that it was heeded, where it is not known of which task.

    Raises:
        BadPrecondition: when it was sent, whatever it says.
    """
    if "if-match" in connection.headers:
        raise BadPrecondition("If-Match is about one task; this can change several")


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether `If-None-Match` names this version, so that there is nothing to send.

    Raises:
        BadPrecondition: when it is malformed.
    """
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or any(_version(tag) == version for _, tag in _tags(if_none_match))


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def _tags(header: str) -> list[tuple[str, str]]:
    if not TAGS.fullmatch(header):
        raise BadPrecondition(BadPrecondition.example)
    return TAG.findall(header)


def _version(tag: str) -> int | None:
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 19 and tag == str(int(tag)) else None
