"""Where in its texts a found task has what was looked for."""

import re
from collections.abc import Iterator
from itertools import accumulate, chain, takewhile

from donebook.accents import stacked
from donebook.tasks.contract import Segment
from donebook.tasks.search.letters import LONGEST, TERMS, continues, fold, fold_evenly, fold_letter, letters
from donebook.tasks.search.query import KNOWN, Query

BEFORE, AROUND = 60, 200  # characters of a description that are shown: in front of the first match, and in all

PART, PART_BY_LETTERS, LONGEST_PART = 2048, 256, 4000  # characters of a long text that are looked at together
BETWEEN_WORDS = re.compile("[ \t\r\n.,;:!?\u3000-\u3002\uff0c]")
WORDS = re.compile("[0-9a-z]+")  # of a text in ASCII, what `TERMS` finds

type Span = tuple[int, int]


def highlight(text: str, query: Query) -> list[Segment]:
    """The whole text, in segments."""
    return _segments(text, list(matches(text, query)))


def snippet(text: str | None, query: Query) -> list[Segment] | None:
    """The part of the text around its first match, in segments; None when it has none."""
    if text is None or (text.isascii() and not query.may_be_in(text.lower())):
        return None
    found = matches(text, query)
    match = next(found, None)
    if match is None:
        return None
    begin = beginning(match[0], text)
    return excerpt(text, begin, list(takewhile(lambda span: span[0] < begin + AROUND, chain([match], found))))


def beginning(match: int, text: str) -> int:
    """Where the part begins that is shown of a text whose first match is there."""
    return max(0, min(match - BEFORE, len(text) - AROUND))


def excerpt(text: str, begin: int, shown: list[Span]) -> list[Segment]:
    """The part of a text that begins there, in segments; `shown` are the matches that begin in it."""
    within = [(first - begin, min(end - begin, AROUND)) for first, end in shown]
    return _segments(text[begin : begin + AROUND], within)


def may_match(text: str, query: Query) -> bool:
    """Whether a text may have a match: a quick look, which is right when it says no."""
    return not stacked(text) and query.may_be_in(fold(text))


def parts(text: str) -> Iterator[tuple[int, str]]:
    """A long text in parts that can be looked at one by one, each with where it begins.

    A part ends between two words. Only where no word ends for 4,000 characters it ends within one, and a match across
    that place is not seen.
    """
    size = PART if text.isascii() else PART_BY_LETTERS
    start = 0
    while start < len(text):
        between = BETWEEN_WORDS.search(text, start + size, start + LONGEST_PART)
        end = between.end() if between else min(start + LONGEST_PART, len(text))
        while end < min(start + 2 * LONGEST_PART, len(text)) and continues(text[end]):
            end += 1
        yield start, text[start:end]
        start = end


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


def matches(text: str, query: Query) -> Iterator[Span]:
    """From where to where the matches go, in order, none within another."""
    folded = text.lower() if text.isascii() else fold_evenly(text)
    if folded is not None:
        if query.may_be_in(folded):
            yield from _found(folded, query)
        return
    if next(_found(fold(text), query), None) is None:
        return  # to look at each letter takes ten times as long
    own = letters(text)
    each = [fold_letter(letter) for letter in own]
    after = list(accumulate(map(len, own)))
    ends = [end for end, folds in zip(after, each, strict=True) for _ in folds]
    begins = [end - len(letter) for end, letter, folds in zip(after, own, each, strict=True) for _ in folds]
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
            if len(word) <= LONGEST and len(known) < KNOWN:  # a description may be one word, or have too many
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
