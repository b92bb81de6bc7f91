"""How many statements of a kind are in flight, and how many writes go in one of them.

Statements that wait for each other's commit had better be one. Where the way to the database is long, and what it does
takes little, there had better be many: nobody should wait for the round trip of others. Which of both it is shows when
two are sent at the same moment: whether the second comes back with the first, or as much later as it took.
"""

from time import monotonic

START = 4
"""Statements in flight before anything is known."""
FAR = 0.008  # s: what takes less is over so soon that nobody minds to wait for it
APART = 0.25
"""Of the time that the first of two took: if the second comes back later by more, it has waited for the first."""
SURE = 3
"""Times that two have to come back together before many are sent at once."""
AGAIN, SOON = 1.0, 0.1  # s: until the next look
FIRST, MOST = 16, 64
"""Writes that go in one statement: at first, and at most. With more, the first would wait long for the last."""
LONG = 0.5  # s: a group that takes longer is too large, since its texts are


class Pair:
    """Two statements, of one write each, that were sent at the same moment, while there was no other."""

    def __init__(self) -> None:
        self.since = monotonic()
        self.took: list[float] = []


class Flight:
    """A statement that was sent: since when, with how many writes, and in which pair, if any."""

    __slots__ = ("pair", "since", "writes")

    def __init__(self, writes: int, pair: Pair | None) -> None:
        self.since = monotonic()
        self.writes = writes
        self.pair = pair


class Pace:
    """What is learned from statements that have come back.

    Args:
        most: statements in flight.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = min(START, most)
        self.size = FIRST
        self._together = 0
        self._look_at = 0.0 if most > 1 else float("inf")

    @property
    def curious(self) -> bool:
        """Whether two should be sent at the same moment, when there is no other."""
        return monotonic() >= self._look_at

    def look_later(self) -> None:
        """That was done, or cannot be done now."""
        self._look_at = monotonic() + AGAIN

    def landed(self, flight: Flight, *, well: bool) -> None:
        """Learn from how long it took; `well`: whether it has written, and so tells how long that takes."""
        now = monotonic()
        if now - flight.since > LONG:
            self.size = max(self.size // 2, 1)
        elif well and flight.writes == self.size:
            self.size = min(self.size * 2, MOST)
        if well and flight.pair is not None:
            flight.pair.took.append(now - flight.pair.since)
            if len(flight.pair.took) == 2:
                self._judge(*flight.pair.took)

    def _judge(self, first: float, second: float) -> None:
        if first < FAR or second - first > first * APART:
            self._together = 0
            self.limit = 1
            return
        self._together += 1
        if self._together >= SURE:
            self.limit = self.most
        else:
            self._look_at = monotonic() + SOON
