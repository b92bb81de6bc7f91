"""How long, and how often, a unit of work is tried again."""

import logging
import random
from time import monotonic

from donebook import deadline, metrics
from donebook.problems import Contended, KeyInFlight, OutcomeUnknown, Problem, TooSlow, Unavailable

log = logging.getLogger("donebook.database")

LAST_WORD = 0.25  # s: kept back from the request's time, so that the answer is ours and not a time-out
KNOWN_AFTER = 5.0  # s: an outage longer than a cold start; from then on requests do not wait for it to end
FORGOTTEN_AFTER = 10.0  # s without a failure, since nobody asked: it may long be over, and the database asleep
WHEN_KNOWN = 2.0  # s: for as long as they do, since it may be ending
PAUSE = (
    0.05,
    0.25,
)  # s, from and to: short, so that the first success comes soon; random, so that not all come at once
CONTENTIONS = 3
SLOW_READS = 1


class Outage:
    """Since when the database cannot be reached, as far as this process knows."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last = 0.0

    def begin(self) -> None:
        """Nothing reaches it."""
        if self.first is None or self._stale:
            self.first = monotonic()
            metrics.OUTAGES.inc()
            metrics.UNREACHABLE.set(1)
            log.warning("the database cannot be reached")
        self.last = monotonic()

    def end(self) -> None:
        """It has answered."""
        if self.first is not None:
            log.warning("the database answers again", extra={"seconds": round(monotonic() - self.first, 1)})
            self.first = None
            metrics.UNREACHABLE.set(0)

    @property
    def known(self) -> bool:
        """Whether it has lasted too long for a database that is only waking up, by all that is known of late."""
        return self.first is not None and not self._stale and self.last - self.first > KNOWN_AFTER

    @property
    def _stale(self) -> bool:
        return monotonic() - self.last > FORGOTTEN_AFTER


class Patience:
    """One unit of work's: ask it after each failure whether to try again."""

    def __init__(self, outage: Outage, *, writes: bool, keyed: bool) -> None:
        budget = deadline.remaining() - LAST_WORD
        self.until = monotonic() + max(0.0, min(budget, WHEN_KNOWN) if outage.known else budget)
        self.writes = writes
        self.keyed = keyed
        self.tries: dict[type[Problem], int] = {}

    @property
    def left(self) -> float:
        """Seconds for the next attempt."""
        return max(0.0, self.until - monotonic())

    def again(self, problem: Problem) -> float | None:
        """Seconds to pause before the next attempt, or None when the problem is to be the answer."""
        kind = type(problem)
        self.tries[kind] = self.tries.get(kind, 0) + 1
        allowed = (
            kind is Unavailable
            or (kind is OutcomeUnknown and self.keyed)
            or (kind is KeyInFlight and OutcomeUnknown in self.tries)  # by our own attempt, which is still dying
            or (kind is Contended and self.tries[kind] <= CONTENTIONS)
            or (kind is TooSlow and not self.writes and self.tries[kind] <= SLOW_READS)
        )
        pause = random.uniform(*PAUSE)  # noqa: S311 - it spreads load, it guards nothing
        metrics.ERRORS.labels(problem.type()).inc()
        if not allowed or pause >= self.left:
            return None
        metrics.RETRIES.labels(problem.type()).inc()
        return pause
