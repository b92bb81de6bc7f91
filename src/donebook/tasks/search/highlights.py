"""Where in its texts a found task has what was looked for."""

import re
from collections.abc import Iterator
from itertools import accumulate, chain, takewhile

from donebook.tasks.contract import Segment
from donebook.tasks.search.letters import LONGEST, TERMS, fold_evenly, fold_letter, letters
from donebook.tasks.search.query import Query

BEFORE, AROUND = 60, 200  # characters of a description that are shown: in front of the first match, and in all

WORDS = re.compile("[0-9a-z]+")  # of a text in ASCII, what `TERMS` finds

type Span = tuple[int, int]


def highlight(text: str, query: Query) -> list[Segment]:
    """The whole text, in segments."""
    return _segments(text, list(_matches(text, query)))


def snippet(text: str | None, query: Query) -> list[Segment] | None:
    """The part of the text around its first match, in segments; None when it has none."""
    if text is None or (text.isascii() and not query.may_be_in(text.lower())):
        return None
    matches = _matches(text, query)
    match = next(matches, None)
    if match is None:
        return None
    begin = max(0, min(match[0] - BEFORE, len(text) - AROUND))
    shown = takewhile(lambda span: span[0] < begin + AROUND, chain([match], matches))
    within = [(first - begin, min(end - begin, AROUND)) for first, end in shown]
    return _segments(text[begin : begin + AROUND], within)


def _segments(text: str, matches: list[Span]) -> list[Segment]:
    segments = []
    done = 0
    for first, end in matches:
        if first > done:
            segments.append(Segment(text=text[done:first], match=False))
        segments.append(Segment(text=text[first:end], match=True))
        done = end
    if done < len(text) or not segments:
        segments.append(Segment(text=text[done:], match=False))
    return segments


def _matches(text: str, query: Query) -> Iterator[Span]:
    """From where to where the matches go, in order, none within another."""
    folded = text.lower() if text.isascii() else fold_evenly(text)
    if folded is not None:
        if query.may_be_in(folded):
            yield from _found(folded, query)
        return
    parts = letters(text)
    each = [fold_letter(part) for part in parts]
    after = list(accumulate(map(len, parts)))
    ends = [end for end, part in zip(after, each, strict=True) for _ in part]
    begins = [end - len(own) for end, own, part in zip(after, parts, each, strict=True) for _ in part]
    done = 0
    for first, end in _found("".join(each), query):
        if begins[first] >= done:
            done = ends[end - 1]
            yield begins[first], done


def _found(folded: str, query: Query) -> Iterator[Span]:
    """The same in a folded text."""
    done = 0
    known = query.known
    for piece in (WORDS if folded.isascii() else TERMS).finditer(folded):
        word = piece[0]
        spans = known.get(word)
        if spans is None:
            spans = (_in_run if piece.lastgroup == "run" else _in_word)(word, query)
            if len(word) <= LONGEST:  # a description may be one word
                known[word] = spans
        if spans:
            start = piece.start()
            for first, end in spans:
                if start + first >= done:
                    done = start + end
                    yield start + first, done


def _in_run(run: str, query: Query) -> list[Span]:
    found = [match.span() for term in query.terms if term.run for match in re.finditer(re.escape(term.text), run)]
    return sorted(found, key=lambda span: (span[0], -span[1]))


def _in_word(word: str, query: Query) -> list[Span]:
    best: Span | None = None
    for text, begins, almost in query.words:
        if word == text or (begins and word.startswith(text)):
            best = max(best or (0, 0), (0, len(text)))
        elif almost is not None and almost(word):
            best = max(best or (0, 0), (0, len(word)))
    return [] if best is None else [best]
