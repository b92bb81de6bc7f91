"""What a statement gives."""

from collections.abc import Iterable
from operator import itemgetter

import asyncpg


class Row(asyncpg.Record):
    """A row whose members are also attributes. Connections are opened with it: asyncpg's own retries keep only that."""


def learn(names: Iterable[str]) -> None:
    """Make members of these names attributes of rows; a list of a thousand tasks reads six thousand of them."""
    for name in names:
        if name not in Row.__dict__:
            setattr(Row, name, property(itemgetter(name)))
