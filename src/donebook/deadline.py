"""By when the request at hand must be answered."""

from contextvars import ContextVar
from time import monotonic

DEFAULT = 15.0  # s: for what runs outside a request
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def start(seconds: float) -> None:
    """Begin a request that has this long."""
    _deadline.set(monotonic() + seconds)


def remaining() -> float:
    """Seconds that the request at hand still has; never less than 0."""
    until = _deadline.get()
    return DEFAULT if until is None else max(0.0, until - monotonic())
