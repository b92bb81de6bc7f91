"""Where in its texts a found task has what was looked for."""

import re
from itertools import accumulate

from donebook.tasks.contract import Segment
from donebook.tasks.search.letters import TERMS, fold_letter, letters
from donebook.tasks.search.query import Query, Term

BEFORE, AROUND = 60, 200  # characters of a description that are shown: in front of the first match, and in all

WORDS = re.compile("[0-9a-z]+")  # of a text in ASCII, what `TERMS` finds

type Span = tuple[int, int]


def highlight(text: str, query: Query) -> list[Segment]:
    """The whole text, in segments."""
    return _segments(text, _matches(text, query))


def snippet(text: str | None, query: Query) -> list[Segment] | None:
    """The part of the text around its first match, in segments; None when it has none."""
    if text is None:
        return None
    matches = _matches(text, query)
    if not matches:
        return None
    begin = max(0, min(matches[0][0] - BEFORE, len(text) - AROUND))
    shown = text[begin : begin + AROUND]
    within = [(first - begin, min(end - begin, AROUND)) for first, end in matches if first - begin < AROUND]
    return _segments(shown, within)


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


def _matches(text: str, query: Query) -> list[Span]:
    """From where to where the matches go, in order, none within another."""
    if text.isascii():
        folded = text.lower()
        return _found(WORDS, folded, query) if query.may_be_in(folded) else []
    parts = letters(text)
    each = [fold_letter(part) for part in parts]
    after = list(accumulate(map(len, parts)))
    ends = [end for end, part in zip(after, each, strict=True) for _ in part]
    begins = [end - len(own) for end, own, part in zip(after, parts, each, strict=True) for _ in part]
    spans: list[Span] = []
    for first, end in _found(TERMS, "".join(each), query):
        if not spans or begins[first] >= spans[-1][1]:
            spans.append((begins[first], ends[end - 1]))
    return spans


def _found(pieces: re.Pattern[str], folded: str, query: Query) -> list[Span]:
    """The same in a folded text, of which that is what words and runs look like."""
    spans: list[Span] = []
    done = 0
    for piece in pieces.finditer(folded):
        for first, end in _within(piece[0], query, run=piece.lastgroup == "run"):
            start = piece.start()
            if start + first >= done:
                done = start + end
                spans.append((start + first, done))
    return spans


def _within(word: str, query: Query, *, run: bool) -> list[Span]:
    """Where in a word, or a run, the terms are."""
    known = query.known.get(word)
    if known is None:
        known = query.known[word] = _in_run(word, query) if run else _in_word(word, query)
    return known


def _in_run(run: str, query: Query) -> list[Span]:
    found = [match.span() for term in query.terms if term.run for match in re.finditer(re.escape(term.text), run)]
    return sorted(found, key=lambda span: (span[0], -span[1]))


def _in_word(word: str, query: Query) -> list[Span]:
    spans = [span for term in query.terms if (span := _beginning(word, term))]
    return [max(spans)] if spans else []


def _beginning(word: str, term: Term) -> Span | None:
    if term.run:
        return None
    if word == term.text or (term.begins and word.startswith(term.text)):
        return 0, len(term.text)
    return (0, len(word)) if term.forgiving and term.may_be(word) and re.match(term.slips, word) else None
