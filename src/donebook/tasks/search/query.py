"""What somebody looks for, as queries to the index: one for each rank."""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from donebook.tasks.search.letters import LONGEST, TERMS, fold

SHORT = 2  # characters: so short a word is the beginning of much of the vocabulary
FORGIVEN_FROM = 5  # letters
TOGETHER = 3  # characters of a run that stand together in the index
TITLE, DESCRIPTION = "t", "d"
RECENT = 64  # queries that are kept
KNOWN = 1000  # words that are kept with each
DIGIT = re.compile(r"\d")


class Term(NamedTuple):
    """A word of the query, folded, or a run of a script that is written without spaces."""

    text: str
    run: bool
    begins: bool
    """Whether it is enough that a word begins with it."""

    @property
    def forgiving(self) -> bool:
        """Whether a word that is almost it will do."""
        return not self.run and len(self.text) >= FORGIVEN_FROM and not DIGIT.search(self.text)

    @property
    def slips(self) -> str:
        """A regular expression for the words that are almost it: one letter more, less or other, or two swapped.

        Longer words that begin so are found too, unless the slip were at their very beginning or at the end.
        """
        return _slips(self.text)

    @property
    def almost(self) -> Callable[[str], object] | None:
        """Says whether a word is almost it; None when no slip is forgiven."""
        if not self.forgiving:
            return None
        text, end, match = self.text, self.text[3:], _matcher(self.text)
        starts = {
            text[:2],
            text[1] + text[0],
            text[0] + text[2],
        }  # whatever the slip is, else the end is as it should be
        return lambda word: (word[:2] in starts or word.endswith(end)) and match(word)

    @property
    def halves(self) -> tuple[str, str]:
        """How a word that is almost it begins, or how it ends: one of the two is as it should be."""
        return self.text[:2], self.text[3:]


@lru_cache(maxsize=64)  # it is asked for with every word of all that is found
def _slips(text: str) -> str:
    size = len(text)
    fewer = [f"{text[:i]}{text[i + 1 :]}{'' if 2 <= i < size - 1 else '$'}" for i in range(size)]
    other = [f"{text[:i]}.{text[i + 1 :]}{'' if 2 <= i < size - 1 else '$'}" for i in range(size)]
    more = [f"{text[:i]}.{text[i:]}{'' if 2 <= i < size else '$'}" for i in range(size + 1)]
    swapped = [f"{text[:i]}{text[i + 1]}{text[i]}{text[i + 2 :]}" for i in range(size - 1)]
    return f"^(?:{'|'.join(dict.fromkeys(fewer + other + more + swapped))})"


@lru_cache(maxsize=64)
def _matcher(text: str) -> Callable[[str], object]:
    return re.compile(_slips(text)).match


class Query:
    """The terms of a text; all must be in what is found, in its title or its description.

    `query_of` gives the same one for the same text: who types, edits and types on looks for the same again.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(dict.fromkeys((m[0][:LONGEST], m["run"] is not None) for m in TERMS.finditer(fold(text))))
        short = [word for word, run in found if not run and len(word) <= SHORT]
        self.terms = [Term(word, run, run or len(word) > SHORT or word == short[-1]) for word, run in found]
        self.hints = [hint for term in self.terms for hint in (term.halves if term.forgiving else (term.text,))]
        self.known: dict[str, list[tuple[int, int]]] = {}
        """Where the terms are in the words that were looked at: they come again and again."""
        self._values: tuple[str, dict[str, Any]] | None = None

    @property
    def prepared(self) -> bool:
        """Whether the expressions of its words are compiled."""
        return "words" in vars(self)

    @cached_property
    def words(self) -> list[tuple[str, bool, Callable[[str], object] | None]]:
        """Those that are words: the text, whether a beginning will do, and what says whether a word is almost it."""
        return [(term.text, term.begins, term.almost) for term in self.terms if not term.run]

    def forget(self) -> None:
        """Forget words that were looked at, when they are too many to be kept."""
        if len(self.known) >= KNOWN:
            self.known.clear()

    def may_be_in(self, folded: str) -> bool:
        """Whether a folded text can have any of the terms: a quick look, which is right when it says no."""
        for hint in self.hints:  # noqa: SIM110 - a generator would take longer than the look
            if hint in folded:
                return True
        return False

    def values(self, scope: str) -> dict[str, Any]:
        """What the statement takes.

        `numbers` are the places of the terms in which a slip is forgiven, and `long` the runs that the index knows by
        their pieces only.
        """
        if self._values is None or self._values[0] != scope:
            self._values = scope, self._worked_out(scope)
        return self._values[1]

    def _worked_out(self, scope: str) -> dict[str, Any]:
        forgiving = [(number, term) for number, term in enumerate(self.terms, 1) if term.forgiving]
        halves = [term.halves for _, term in forgiving]
        return {
            "ranks": self._ranks(scope),
            "loosest": [_inside(scope, term, TITLE) for term in self.terms],
            "looser": [f"{_inside(scope, term, TITLE)}|{_inside(scope, term, DESCRIPTION)}" for term in self.terms],
            "numbers": [number for number, _ in forgiving],
            "words": [term.text for _, term in forgiving],
            "words_end": [following(term.text) for _, term in forgiving],
            "begins": [begin for begin, _ in halves],
            "begins_end": [following(begin) for begin, _ in halves],
            "ends": [end[::-1] for _, end in halves],
            "ends_end": [following(end[::-1]) for _, end in halves],
            "slips": [term.slips for _, term in forgiving],
            "long": [term.text for term in self.terms if term.run and len(term.text) > TOGETHER],
        }

    def _ranks(self, scope: str) -> list[str | None]:
        """The queries, best first: whole words, beginnings, parts of runs; each in titles only, then anywhere."""
        inside = self._both(scope, _inside) if any(term.run for term in self.terms) else [None, None]
        return [*self._both(scope, _whole), *self._both(scope, _begun), *inside]

    def _both(self, scope: str, form: Callable[[str, Term, str], str]) -> list[str | None]:
        return [
            "&".join(f"({form(scope, term, TITLE)})" for term in self.terms),
            "&".join(f"({form(scope, term, TITLE)}|{form(scope, term, DESCRIPTION)})" for term in self.terms),
        ]


@lru_cache(RECENT)
def query_of(text: str) -> Query:
    """What a text looks for."""
    return Query(text)


def scope(workspace: UUID) -> str:
    """What stands for the workspace in the index."""
    return str(workspace)[-4:]


def following(text: str) -> str:
    """The first text, by code points, that does not begin with this one."""
    last = ord(text[-1]) + 1
    return text[:-1] + chr(0xE000 if last == 0xD800 else min(last, 0x10FFFF))


def _whole(scope: str, term: Term, field: str) -> str:
    return f"'{field}{scope}{term.text}'"  # neither quotes nor backslashes are part of any term


def _begun(scope: str, term: Term, field: str) -> str:
    return f"'{field}{scope}{term.text}'{':*' if term.begins else ''}"


def _inside(scope: str, term: Term, field: str) -> str:
    if not term.run:
        return _begun(scope, term, field)
    lead = field.upper() + scope
    if len(term.text) <= TOGETHER:
        return f"'{lead}{term.text}':*"
    parts = (term.text[place : place + TOGETHER] for place in range(len(term.text) - TOGETHER + 1))
    return "(" + "&".join(f"'{lead}{part}'" for part in parts) + ")"
