"""What goes wrong, as answers: the tree of problems. Which of them a database error is, `donebook.db.errors` says.

`donebook.error_bodies` says how each is answered. `detail` is always a readable string, `type` is stable and meant for
programs.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

type Location = Annotated[
    list[str | int],
    Meta(
        description="Where it is: in the `body` or a `header`, in which member, or from which character on",
        examples=[["body", "title"]],
    ),
]


class Fault(Struct, frozen=True, kw_only=True, rename={"kind": "type"}):
    """One fault of a request, as `/tasks` lists it in the `detail` of a 422."""

    kind: Annotated[str, Meta(description="The fault's stable name, for programs", examples=["string_too_long"])]
    loc: Location
    msg: Annotated[
        str, Meta(description="What was expected, for people", examples=["String should have at most 200 characters"])
    ]
    ctx: Annotated[
        dict[str, str | int] | UnsetType,
        Meta(description="The limit that was not kept, or why the body is not JSON", examples=[{"max_length": 200}]),
    ] = UNSET


class Problem(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    example: ClassVar[str | None] = None
    retry_after: ClassVar[int | None] = None  # s
    loc: ClassVar[Sequence[str]] = ("body",)
    """Where in the request it is, for the list of faults of a 422 under `/tasks`."""
    detail: str

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        """A problem, with what its document says beyond what all of them say."""
        self.detail = detail or self.title()
        self.members = members
        super().__init__(self.detail)

    @property
    def faults(self) -> Sequence[Fault]:
        """What a 422 under `/tasks` lists: by default this problem itself."""
        return [Fault(kind=self.type(), loc=list(self.loc), msg=self.detail)]

    @classmethod
    def sample(cls) -> "Problem":
        """A problem of this kind, as an example in the documentation."""
        return cls(cls.example)

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


class CrossOrigin(Problem):
    """A page of another origin may not write here."""

    status = 403
    example = "A page of another origin may not write here; ALLOWED_ORIGINS names those that may"


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


class UnknownCoding(Problem):
    """The body must not be encoded."""

    status = 415
    example = "The body must not be encoded, not even as gzip"


class ExpectationFailed(Problem):
    """Only 100-continue can be expected."""

    status = 417


class Invalid(Problem):
    """The request is not valid."""

    status = 422
    example = "title: expected text of at most 200 characters"

    def __init__(self, detail: str | None = None, *, faults: Sequence[Fault] = (), **members: Any) -> None:
        """A request that is not valid; `faults` says more about it under `/tasks`."""
        super().__init__(detail, **members)
        self._faults = faults

    @classmethod
    def parameter(cls, name: str, what: str) -> "Invalid":
        """A query parameter with a wrong value; `what` says what was expected."""
        return cls(f"Query parameter {name}: {what}")

    @classmethod
    def sample(cls) -> "Invalid":
        """A title that is too long."""
        msg = "String should have at most 200 characters"
        fault = Fault(kind="string_too_long", loc=["body", "title"], msg=msg, ctx={"max_length": 200})
        return cls(cls.example, faults=[fault])

    @property
    def faults(self) -> Sequence[Fault]:
        """Every fault that was found."""
        return self._faults or super().faults


class KeyReused(Problem):
    """This idempotency key was used for another request."""

    status = 422
    loc = ("header", "idempotency-key")


class HeadTooLarge(Problem):
    """The request's head is too large."""

    status = 431


class ServerError(Problem):
    """Something went wrong on the server."""

    status = 500


class NotSupported(Problem):
    """This server does not support that."""

    status = 501


class VersionNotSupported(Problem):
    """This server speaks HTTP/1.1."""

    status = 505


class Unavailable(Problem):
    """The database cannot be reached; nothing was changed."""

    status = 503
    retry_after = 2


class Busy(Unavailable):
    """The server is busy; nothing was changed."""

    retry_after = 1


class TooManyConnections(Busy):
    """The server has too many connections; nothing was changed."""


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
