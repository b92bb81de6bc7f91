"""What goes wrong, as answers: the tree of problems, and the one map from database errors to it.

Answers are RFC 9457 problem documents. `detail` is always a readable string, `type` is stable and meant for programs.
"""

import ssl
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import asyncpg
import msgspec
from asyncpg.exceptions import InternalClientError, PostgresError
from msgspec import Meta, Struct
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Problem(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    example: ClassVar[str | None] = None
    retry_after: ClassVar[int | None] = None  # s
    detail: str

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        """A problem, with what its document says beyond what all of them say."""
        self.detail = detail or self.title()
        self.members = members
        super().__init__(self.detail)

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring: what clients read, and the same for every problem of its type."""
        return (cls.__doc__ or "").strip().partition("\n")[0].removesuffix(".")

    @classmethod
    def type(cls) -> str:
        """The problem's name for programs: the class's, in kebab case."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in cls.__name__).lstrip("-")


class BadRequest(Problem):
    """The request cannot be understood."""

    status = 400


class BadPrecondition(BadRequest):
    """The precondition is malformed, or cannot be heeded here."""

    example = 'If-Match must be *, or entity tags such as "3"'


class UnknownHost(BadRequest):
    """This server does not answer to that host name."""


class NotFound(Problem):
    """Not found."""

    status = 404


class TaskNotFound(NotFound):
    """Task not found."""


class ChangeNotFound(NotFound):
    """Change not found."""


class MethodNotAllowed(Problem):
    """That method is not allowed here."""

    status = 405


class RequestTimeout(Problem):
    """The request took too long to arrive."""

    status = 408


class Conflict(Problem):
    """The change conflicts with what is stored."""

    status = 409


class IdTaken(Conflict):
    """This id was used for another task."""


class ChangedSince(Conflict):
    """Something newer changed the same members."""


class Erased(Conflict):
    """This was deleted for good; its content is gone."""


class KeyInFlight(Conflict):
    """A request with this idempotency key is still being answered."""

    retry_after = 1


class KeyUsed(Conflict):
    """This idempotency key was used; its answer is stored."""


class NoRoom(Conflict):
    """There is no room left between two positions."""

    anchor: str | None = None
    """The id of the entity next to which there is none."""


class BadCursor(BadRequest):
    """The cursor is malformed, or belongs to another list."""

    example = "This cursor belongs to a list with another sort or other filters, or was changed"


class BadKey(BadRequest):
    """The idempotency key is malformed."""

    example = "Idempotency-Key must be one text of 1 to 255 printable ASCII characters"


class Forgotten(Problem):
    """The log does not go back so far any more."""

    status = 410


class CursorGone(Problem):
    """What follows this cursor cannot be told."""

    status = 410

    def __init__(self, detail: str | None = None, *, snapshot: str = "/api/v1/snapshot") -> None:
        """A cursor that leads nowhere, and where to begin anew."""
        super().__init__(detail, snapshot=snapshot)


class Stale(Problem):
    """The task has changed since that version."""

    status = 412


class TooLarge(Problem):
    """The body is larger than 1 MiB."""

    status = 413


class NotJson(Problem):
    """The body must be application/json."""

    status = 415
    example = "The body must be application/json, not text/plain"


class Invalid(Problem):
    """The body is not valid."""

    status = 422
    example = "title: expected text of at most 200 characters"


class KeyReused(Problem):
    """This idempotency key was used for another request."""

    status = 422


class ServerError(Problem):
    """Something went wrong on the server."""

    status = 500


class Unavailable(Problem):
    """The database cannot be reached; nothing was changed."""

    status = 503
    retry_after = 2


class Busy(Unavailable):
    """The server is busy; nothing was changed."""

    retry_after = 1


class Contended(Busy):
    """Others were changing the same; nothing was changed."""


class TooSlow(Busy):
    """The database took too long; nothing was changed."""


class Full(Unavailable):
    """The database has no room or memory left; nothing was changed."""

    retry_after = 30


class NotReady(Unavailable):
    """The database is not ready for this version; nothing was changed."""

    retry_after = 30


class OutcomeUnknown(Unavailable):
    """The connection was lost while writing: the change may or may not have been stored."""


class ProblemDocument(Struct, frozen=True, kw_only=True, rename={"kind": "type"}):
    """What went wrong (RFC 9457)."""

    kind: Annotated[str, Meta(description="The problem's stable name, for programs", examples=["task-not-found"])]
    title: Annotated[str, Meta(description="What its name means", examples=["Task not found"])]
    status: Annotated[int, Meta(description="The HTTP status", examples=[404])]
    detail: Annotated[str, Meta(description="What happened, for people", examples=["Task not found"])]
    request_id: Annotated[
        str, Meta(description="Also in X-Request-ID and in the server's log", examples=["4f1c0d7b9a3e"])
    ]


def document(problem: Problem, request_id: str) -> bytes:
    """The body of the answer to a request that met a problem."""
    said = ProblemDocument(
        kind=problem.type(),
        title=problem.title(),
        status=problem.status,
        detail=problem.detail,
        request_id=request_id,
    )
    return msgspec.json.encode(msgspec.to_builtins(said) | problem.members if problem.members else said)


def kept(problem: Problem) -> dict[str, Any]:
    """A final answer, as it is stored for a request that is repeated."""
    members = msgspec.to_builtins(problem.members)
    return {"refused": {"type": problem.type(), "detail": problem.detail, "members": members}}


def about(problem: Problem) -> str | None:
    """The id of the entity whose content a problem shows, if it shows any."""
    members = msgspec.to_builtins(problem.members)
    found: str | None = members.get("current", {}).get("id") or members.get("change", {}).get("entity_id")
    return found


def again(stored: dict[str, Any]) -> Problem:
    """The problem that was kept."""
    if "refused" not in stored:
        return Erased()
    stored = stored["refused"]
    kinds = {kind.type(): kind for kind in _kinds(Problem)}
    return kinds.get(stored["type"], Conflict)(stored["detail"], **stored["members"])


def _kinds(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


DATABASE_ERRORS = (
    PostgresError,  # the server's word
    asyncpg.InterfaceError,  # the connection is closed
    InternalClientError,  # the connection is being closed: nothing can be sent on it any more
    AsyncAdapt_asyncpg_dbapi.Error,  # any of these while connecting, as SQLAlchemy wraps them half way
    DBAPIError,  # and all the way
    PoolTimeout,
    OSError,  # refused, unknown host, time-out
)
"""What talking to the database can raise."""

LOST = ("08", "57P")  # connection exceptions; shutdown, crash, cannot connect now
CLOSED = (
    "25P03",  # the transaction waited too long for us
    "25006",
    "55000",
    "55006",
)  # read-only, as after a failover; not accepting connections; being dropped or moved
CONTENDED = ("40001", "40P01")  # serialization failure, deadlock
PLAN_CHANGED = "0A000"  # a table changed under a prepared statement, again and again
SLOW = ("57014", "55P03")  # a statement, or its wait for a lock, ran out of time
NO_ROOM = ("53100", "53200", "58", "XX")  # disk full, out of memory, system error, internal error
TOO_MANY = ("53300", "53400")  # connections
NOT_READY = ("28", "3D", "3F", "42")  # password, database, schema; missing tables, columns, privileges
NO_TLS = "rejected SSL upgrade"  # all that asyncpg says of it
OURS = {"DB001": KeyInFlight, "DB002": KeyUsed, "DB003": NoRoom}  # what functions of ours raise, see the migrations
CONFLICT = ("23505", "23503", "23P01", "23001")
INVALID = ("22", "23")


def from_database(error: BaseException, *, writing: bool) -> Problem:
    """The problem that a database error amounts to.

    Args:
        error: SQLAlchemy's wrapping of it or the bare one of asyncpg or the operating system.
        writing: whether a write had been sent when it happened, so that it may have been stored all the same.
    """
    if isinstance(error, PoolTimeout):
        return Busy()
    if isinstance(error, InternalClientError):
        return Unavailable()
    if distrust(error):
        return NotReady()
    code = sqlstate(error)
    if code is None or code.startswith(LOST):
        return OutcomeUnknown() if writing else Unavailable()
    if code in OURS:
        return _ours(code, error)
    if code.startswith((*CLOSED, *TOO_MANY)):
        return Unavailable()
    if code.startswith(SLOW):
        return TooSlow()
    if code.startswith((*CONTENDED, PLAN_CHANGED)):
        return Contended()
    if code.startswith(NO_ROOM):
        return Full()
    if code.startswith(NOT_READY):
        return NotReady()
    if code.startswith(CONFLICT):
        return Conflict()
    if code.startswith(INVALID):
        return Invalid()
    return ServerError()


def distrust(error: BaseException) -> str | None:
    """Why the database is not what `sslmode` asks for, or None when that is not what went wrong.

    Waiting does not change it, so that it is no outage.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not for that host, or not of a trusted authority (sslrootcert)"
    if isinstance(error, ConnectionError) and NO_TLS in str(error):
        return "it has no TLS, and sslmode asks for it"
    return None


def sqlstate(error: BaseException | None) -> str | None:
    """The five letters by which Postgres names an error, or None when the error is not the server's own word."""
    return _said(error, "sqlstate")


def _ours(code: str, error: BaseException) -> Problem:
    problem = OURS[code]()
    if isinstance(problem, NoRoom):
        problem.anchor = _said(error, "detail")
    return problem


def _said(error: BaseException | None, member: str) -> str | None:
    while error is not None:
        if found := getattr(error, member, None):
            return str(found)
        error = getattr(error, "orig", None) or error.__cause__
    return None
