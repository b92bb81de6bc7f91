"""What is kept of searches for the next ones is little, whatever was looked for and found."""

import gc
import weakref

from msgspec import structs

from donebook.tasks.contract import EXAMPLE, Task
from donebook.tasks.search.marking import Work, marks
from donebook.tasks.search.query import RECENT, Query, query_of

PLENTY = 10**9  # characters


def zebra(number: int, description: str | None) -> Task:
    return structs.replace(EXAMPLE, id=str(number), title="zebra", description=description)


async def test_long_words_are_not_kept() -> None:
    query = query_of("zebra")
    tasks = [zebra(number, f"zebra{number}" + "x" * 49_900) for number in range(200)]
    assert all(found.description for found in (await marks(tasks, query, Work(PLENTY))).values())
    assert sum(map(len, query.known)) < 100_000


async def test_many_words_are_not_kept() -> None:
    query = query_of("zebra")
    words = " ".join(f"zebr{number}" for number in range(5000))
    await marks([zebra(0, f"{words} zebra")], query, Work(PLENTY))
    assert len(query.known) < 2000


async def test_highlights_keep_no_queries() -> None:
    alive: weakref.WeakSet[Query] = weakref.WeakSet()
    for number in range(2 * RECENT):
        query = query_of(f"zebra {number}")
        alive.add(query)
        await marks([zebra(number, None)], query, Work(PLENTY))
    del query
    gc.collect()
    assert len(alive) <= RECENT
