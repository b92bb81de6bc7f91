"""Where in its texts a found task has what was looked for."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from donebook.tasks.search.letters import TERMS, fold_letter, letters
from donebook.tasks.search.query import Query, Term

BEFORE, AROUND = 60, 200  # characters of a description that are shown: in front of the first match, and in all


class Segment(NamedTuple):
    """A part of a text, and whether it is what was looked for."""

    text: str
    match: bool


def highlight(text: str, query: Query) -> list[Segment]:
    """The whole text, in segments."""
    return _segments(text, list(_matches(text, query)))


def snippet(text: str | None, query: Query) -> list[Segment] | None:
    """The part of the text around its first match, in segments; None when it has none."""
    if text is None:
        return None
    matches = list(_matches(text, query))
    if not matches:
        return None
    begin = max(0, min(matches[0][0] - BEFORE, len(text) - AROUND))
    shown = text[begin : begin + AROUND]
    within = [(first - begin, min(end - begin, AROUND)) for first, end in matches if first - begin < AROUND]
    return _segments(shown, within)


def _segments(text: str, matches: list[tuple[int, int]]) -> list[Segment]:
    segments = []
    done = 0
    for first, end in matches:
        if first > done:
            segments.append(Segment(text[done:first], match=False))
        segments.append(Segment(text[first:end], match=True))
        done = end
    if done < len(text) or not segments:
        segments.append(Segment(text[done:], match=False))
    return segments


def _matches(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """From where to where the matches go, in order, none within another."""
    begins: Sequence[int]
    ends: Sequence[int]
    if text.isascii():
        folded, begins, ends = text.lower(), range(len(text)), range(1, len(text) + 1)
    else:
        parts = letters(text)
        each = [fold_letter(part) for part in parts]
        after = list(accumulate(map(len, parts)))
        folded = "".join(each)
        ends = [end for end, part in zip(after, each, strict=True) for _ in part]
        begins = [end - len(own) for end, own, part in zip(after, parts, each, strict=True) for _ in part]
    done = 0
    for word in TERMS.finditer(folded):
        for first, end in _within(word[0], word["run"] is not None, query):
            begin, beyond = begins[word.start() + first], ends[word.start() + end - 1]
            if begin >= done:
                yield begin, beyond
                done = beyond


def _within(word: str, run: bool, query: Query) -> list[tuple[int, int]]:
    """Where in a word, or a run, the terms are."""
    if run:
        found = [match.span() for term in query.terms if term.run for match in re.finditer(re.escape(term.text), word)]
        return sorted(found, key=lambda span: (span[0], -span[1]))
    return [max(spans)] if (spans := [span for term in query.terms if (span := _beginning(word, term))]) else []


def _beginning(word: str, term: Term) -> tuple[int, int] | None:
    if term.run:
        return None
    if word == term.text or (term.begins and word.startswith(term.text)):
        return 0, len(term.text)
    return (0, len(word)) if term.forgiving and re.match(term.slips, word) else None
