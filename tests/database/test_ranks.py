"""`find_tasks` finds what looking at every task finds, in the same order, whichever way it takes."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.statement import WORKSPACE
from donebook.tasks.search.letters import TERMS, fold
from donebook.tasks.search.query import Query, Term, scope
from donebook.tasks.search.statement import FIND

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
TASKS, QUERIES = 300, 150
VOCABULARY = [
    *("kitchen", "kitchens", "kichen", "kitten", "kit", "milk", "milkshake", "garden", "Gärten", "gardner"),
    *("meeting", "meting", "a", "an", "and", "v2", "kitchen2go", "4711", "47", "Übung", "übungen", "report"),
    *("牛乳", "牛", "買牛乳を買う", "乳を買", "🎉🎂"),
    *("牛乳を", "牛乳を買", "うう乳を買うう", "乳を買うう"),
]
COLUMNS = ["workspace_id", "id", "title", "description", "completed_at", "created_at", "updated_at", "deleted_at"]
LOWER = {"3000": "8", "5000": "10", "50000": "150", "20000": "0", "128": "30", "4000": "60"}
"""What is few and what is many in `find_tasks`, and what that is in a workspace of so few tasks."""


class Words(Struct):
    """The words of a text, and its runs of what is written without spaces."""

    words: set[str]
    runs: set[str]

    @classmethod
    def of(cls, text: str | None) -> "Words":
        """Those of a text."""
        found = list(TERMS.finditer(fold(text or "")))
        return cls({match[0] for match in found if not match["run"]}, {match[0] for match in found if match["run"]})

    def whole(self, term: Term) -> bool:
        """Whether the term is one of them."""
        return term.text in self.words | self.runs

    def begun(self, term: Term) -> bool:
        """Whether one of them begins with the term."""
        return self.whole(term) or (term.begins and any(word.startswith(term.text) for word in self.words | self.runs))

    def inside(self, term: Term) -> bool:
        """Whether the term is part of a run, or the beginning of a word."""
        return any(term.text in run for run in self.runs) if term.run else self.begun(term)

    def almost(self, term: Term) -> bool:
        """Whether one of them is almost the term, or it is inside."""
        return self.inside(term) or any(slipped(term, word) for word in self.words)


class Stored(Struct):
    """A task that may be found."""

    id: UUID
    done: bool
    updated_at: datetime
    title: Words
    description: Words

    def rank(self, query: Query, *, forgiving: bool) -> int | None:
        """The first rank in which the query finds it, if any does."""
        runs = any(term.run for term in query.terms)
        ways = {1: Words.whole, 3: Words.begun} | ({5: Words.inside} if runs else {})
        for rank, way in (ways | ({7: Words.almost} if forgiving else {})).items():
            if all(way(self.title, term) for term in query.terms):
                return rank
            if all(way(self.title, term) or way(self.description, term) for term in query.terms):
                return rank + 1
        return None


def slipped(term: Term, word: str) -> bool:
    """Whether a word is almost the term."""
    begin, end = term.halves
    spelled = len(word) > 3 and not re.search(r"\d", word)
    half = word.startswith(begin) or word.endswith(end)
    return bool(term.forgiving and spelled and half and re.match(term.slips, word))


def best(
    tasks: list[Stored], query: Query, done: bool | None, since: datetime | None, limit: int
) -> list[tuple[int, UUID]]:
    """The ranks and ids of what is found, best first."""
    words = set().union(*(task.title.words | task.description.words for task in tasks))
    forgiving = any(slipped(term, word) for term in query.terms for word in words)
    asked = [task for task in tasks if done in (None, task.done) and (since is None or task.updated_at >= since)]
    ranked = [(task.rank(query, forgiving=forgiving), task.id) for task in asked]
    return sorted((rank, task_id) for rank, task_id in ranked if rank is not None)[:limit]


@pytest.fixture
async def tasks(connection: asyncpg.Connection) -> list[Stored]:
    """Tasks of some words, among which some are frequent; one an hour, a tenth in the trash, and others' as well."""
    chance = random.Random(11)
    stored: list[Stored] = []
    [other] = await connection.fetch("INSERT INTO workspaces DEFAULT VALUES RETURNING id")
    rows = []
    for number in range(TASKS):
        title = " ".join(chance.choices(["task", *VOCABULARY], [20, *range(len(VOCABULARY), 0, -1)], k=3))
        description = chance.choice([None, "", " ".join(chance.choices(VOCABULARY, k=chance.randint(1, 4)))])
        at, number_id = BEGUN + timedelta(hours=number), UUID(int=chance.getrandbits(128))
        done, gone = chance.random() < 0.3, chance.random() < 0.1
        rows.append((number_id, title, description, at if done else None, at, at, at if gone else None))
        if not gone:
            stored.append(Stored(number_id, done, at, Words.of(title), Words.of(description)))
    for workspace in (DEFAULT_WORKSPACE, other["id"]):
        records = [(workspace, *row) for row in rows]
        await connection.copy_records_to_table("tasks", records=records, columns=COLUMNS)
    return stored


def asked(chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Texts to look for, and filters."""
    for _ in range(QUERIES):
        words = [
            spoilt(chance, word)
            for word in chance.choices(
                ["task", "kit", "ki", *["牛乳を買"] * 4, *VOCABULARY], k=chance.choice([1, 1, 2, 3])
            )
        ]
        since = chance.choice([None, BEGUN + timedelta(hours=chance.randrange(-1, TASKS + 1))])
        completed = chance.choice([None, None, False, True])
        yield " ".join(words), {"since": since, "completed": completed, "limit": chance.choice([1, 5, 20, 50, 200])}


def spoilt(chance: random.Random, word: str) -> str:
    """A word, its beginning, or the word with a slip."""
    place = chance.randrange(len(word))
    return chance.choice(
        [word, word, word[: place + 1], word[:place] + word[place + 1 :], word[:place] + "x" + word[place + 1 :]]
    )


@pytest.mark.parametrize("lower", [{}, LOWER], ids=["as it is", "with lower limits"])
async def test_the_same_is_found_as_by_looking_at_every_task(connection, tasks, lower):
    if lower:
        made = await connection.fetchval("SELECT pg_get_functiondef('find_tasks'::regproc)")
        assert set(lower) <= set(re.findall(r"\d+", made))
        await connection.execute(re.sub(r"\d+", lambda number: lower.get(number[0], number[0]), made))
        await connection.execute("ANALYZE task_search")  # how large it is, is what the database believes
    different, ranks = [], set()
    for text, filters in asked(random.Random(3)):
        query = Query(text)
        if not query.terms:
            continue
        values = {**query.values(scope(DEFAULT_WORKSPACE)), WORKSPACE: DEFAULT_WORKSPACE, **filters}
        found = [(row["rank"], row["id"]) for row in await connection.fetch(FIND.sql, *FIND.arguments(values))]
        expected = best(tasks, query, filters["completed"], filters["since"], filters["limit"])
        ranks |= {rank for rank, _ in found}
        if found != expected:
            different.append((text, filters, found[:5], expected[:5], len(found), len(expected)))
    assert different == []
    assert ranks == set(range(1, 9))
