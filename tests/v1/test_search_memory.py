"""What is kept of searches for the next ones is little, whatever was looked for and found."""

import gc
import weakref

from donebook.tasks.lists import marked
from donebook.tasks.search.query import RECENT, Query, query_of


def test_long_words_are_not_kept() -> None:
    query = query_of("zebra")
    for number in range(200):
        marked("zebra", f"zebra{number}" + "x" * 49_900, query)
    query.forget()
    assert sum(map(len, query.known)) < 100_000


def test_highlights_keep_no_queries() -> None:
    alive: weakref.WeakSet[Query] = weakref.WeakSet()
    for number in range(2 * RECENT):
        query = query_of(f"zebra {number}")
        alive.add(query)
        marked("zebra", None, query)
    del query
    gc.collect()
    assert len(alive) <= RECENT
