"""How many statements of a kind go to the database at once, and how many writes go in one of them."""

from math import inf
from time import monotonic

START = 4
"""Statements in flight before anything is known of how they get on with each other."""
SLOWER, NOISE = 1.25, 0.0005  # s: a statement that takes longer than that beside others has waited for them
LATEST = 0.2
"""How much the last statement that was alone says about how long one takes alone."""
PROBE = 16
"""Statements that go alone before two are tried again: the way to the database may have become longer."""
FIRST, MOST = 16, 64
"""Writes that go in one statement: at first, and at most. With more, the first would wait long for the last."""
LONG = 0.5  # s: a group that takes longer is too large, since its texts are


class Flight:
    """A statement that was sent: since when, for how many writes, and whether it was the only one of its kind."""

    __slots__ = ("since", "solo", "writes")

    def __init__(self, writes: int, *, solo: bool) -> None:
        self.since = monotonic()
        self.writes = writes
        self.solo = solo


class Pace:
    """As many statements are in flight as do not hold each other up: it shows in how much longer than alone they take.

    Where the way to the database is long that is many. Where they wait for each other's commit it is one, and the next
    one gathers the more.

    Args:
        most: statements in flight.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = min(START, most)
        self.size = FIRST
        self._alone = inf  # s: how long a statement takes when there is no other
        self._solos = 0

    def landed(self, flight: Flight, *, well: bool) -> None:
        """Learn from how long it took; `well`: whether it has written, and so tells how long that takes."""
        took = monotonic() - flight.since
        if took > LONG:
            self.size = max(self.size // 2, 1)
        elif well and flight.writes == self.size:
            self.size = min(self.size * 2, MOST)
        if well and flight.solo:
            self._solo(took)
        elif well and took <= self._alone * SLOWER + NOISE:
            self.limit = min(self.limit + 1, self.most)
        elif well:
            self.limit = max(self.limit // 2, 1)

    def _solo(self, took: float) -> None:
        self._alone = took if self._alone == inf else self._alone + LATEST * (took - self._alone)
        self._solos += 1
        if self._solos % PROBE == 0:
            self.limit = max(self.limit, min(2, self.most))
