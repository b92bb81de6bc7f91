"""Marks for all that a search has found, within bounds: of memory, of work, and of time on the event loop."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter

from donebook.tasks.contract import Highlights, Segment, Task
from donebook.tasks.search import highlights
from donebook.tasks.search.query import Query, query_of

KEPT = 2048  # tasks whose marks are kept
TOGETHER = 5  # tasks that are looked at without asking whether others wait
SHORT = 500  # characters: with a longer description they are not
TURN = 0.004  # s: after which other requests have theirs
FREE = 4  # words of a query that cost no more than one


class Work:
    """What one search may spend on marks, in characters that are looked at; what is left without is not marked."""

    def __init__(self, characters: int) -> None:
        self.left = characters
        self._until = perf_counter() + TURN

    def spend(self, characters: int, query: Query) -> bool:
        """Pay for looking at so many characters; return whether there was enough left."""
        self.left -= characters * self.price(query)
        return self.left >= 0

    @staticmethod
    def price(query: Query) -> int:
        """What looking at one character costs: with many words it takes longer."""
        return max(1, len(query.words) // FREE)

    @property
    def due(self) -> bool:
        """Whether it is time to pause."""
        return perf_counter() >= self._until

    async def pause(self) -> None:
        """Let other requests be answered."""
        await asyncio.sleep(0)
        self._until = perf_counter() + TURN


async def marks(tasks: Sequence[Task], query: Query, work: Work) -> dict[str, Highlights]:
    """Where tasks have what was looked for, by their ids, as the contract shows it."""
    if not query.prepared:
        await _prepare(query, work)
    found = {}
    price, q = work.price(query), query.text
    for start in range(0, len(tasks), TOGETHER):
        for task in tasks[start : start + TOGETHER]:
            title, description = task.title, task.description
            if description is None:
                work.left -= price * len(title)
            else:
                work.left -= price * (len(title) + min(len(description), SHORT))
            if work.left < 0:
                found[task.id] = Highlights(title=[Segment(text=title, match=False)], description=None)
            elif description is None or len(description) <= SHORT:
                found[task.id] = _kept(title, description, q)
            else:
                snippet = await _long_snippet(description, query, work)
                found[task.id] = Highlights(title=highlights.highlight(title, query), description=snippet)
        if work.due:
            await work.pause()
    query.forget()
    return found


async def _prepare(query: Query, work: Work) -> None:
    """Have the expressions of long words compiled one by one: each takes some milliseconds."""
    for term in query.terms:
        _ = term.almost
        if work.due:
            await work.pause()


@lru_cache(KEPT)
def _kept(title: str, description: str | None, q: str) -> Highlights:
    query = query_of(q)  # by its text: a query that is kept here would never be forgotten
    return Highlights(title=highlights.highlight(title, query), description=highlights.snippet(description, query))


async def _long_snippet(text: str, query: Query, work: Work) -> list[Segment] | None:
    """What `highlights.snippet` says of a text, looked at part by part until the snippet is whole."""
    if not work.spend(len(text), query) or not highlights.may_match(text, query):
        return None
    shown: list[highlights.Span] = []
    begin = len(text)
    for start, part in highlights.parts(text):
        if work.due:
            await work.pause()
        if start >= begin + highlights.AROUND or not work.spend(len(part), query):
            break
        for first, end in highlights.matches(part, query):
            if not shown:
                begin = highlights.beginning(start + first, text)
            if start + first < begin + highlights.AROUND:
                shown.append((start + first, start + end))
    return highlights.excerpt(text, begin, shown) if shown else None
