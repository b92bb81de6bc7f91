"""`fold` and what search looks up are the same in the database and in Python, on every PostgreSQL."""

import sys
import tracemalloc
import unicodedata
from collections.abc import Callable

import pytest

from donebook.tasks.search.letters import TERMS, fold, fold_evenly, fold_letter, letters

# Characters that every PostgreSQL and Python knows (Unicode 14), but for surrogates and NUL.
KNOWN = [
    chr(code) for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
]
TEXTS = [
    "İstanbul ıI",
    "ΟΔΥΣΣΕΥΣ",
    "Straße ẞ",
    "ｶﾞｰﾄﾞ が か\u3099",
    "한글 \u1112\u1161\u11ab",
    "e\u0301\u0323",
    "ﬁ ﷺ ½ ²",
    "Ёлка й",
]


async def test_folded_alike(connection):
    texts = TEXTS + [f"a{character}b" for character in KNOWN]
    answers = await connection.fetchval("SELECT array_agg(fold(given)) FROM unnest($1::text[]) AS given", texts)
    different = [
        (text, theirs)
        for text, theirs in zip(texts, answers, strict=True)
        if theirs != fold(text) and newer(text) is False
    ]
    assert different == []


async def test_found_by_the_same_terms(connection):
    texts = TEXTS + [f"a{character}b 買{character}う" for character in KNOWN[::7] if not newer(character)]
    answers = await connection.fetch(
        "SELECT search_lexemes('w', 'P', given) AS lexemes FROM unnest($1::text[]) AS given", texts
    )
    for text, row in zip(texts, answers, strict=True):
        words = {lexeme[1:] for lexeme in row["lexemes"] if lexeme.startswith("w") and lexeme != "w"}
        assert words == {match[0] for match in TERMS.finditer(fold(text))}, ascii(text)


def newer(text: str) -> bool:
    """Whether it has a letter whose lower case or parts only newer versions of Unicode know."""
    return any(unicodedata.normalize("NFKD", each) != each and ord(each) > 0xFFFF for each in text)


def test_what_stays_in_its_place_is_folded_alike():
    """The quick way of folding is right wherever it gives an answer, and gives one for most of what people write."""
    texts = TEXTS + [f"a{character}B" for character in KNOWN]
    quick = [(text, folded) for text in texts if (folded := fold_evenly(text)) is not None]
    slow = {text: [fold_letter(letter) for letter in letters(text)] for text, _ in quick}
    assert [text for text, folded in quick if list(folded) != slow[text]] == []
    assert {fold_evenly(text) for text in ("Größe", "e\u0301", "ﬁ", "x\U0001f44d\ufe0f")} == {None}
    assert [fold_evenly(text) for text in ("Übung", "買牛乳を買う", "한글", "ЙОГА")] == [
        "ubung",
        "買牛乳を買う",
        "한글",
        "иога",
    ]


@pytest.mark.parametrize(
    ("looked_at", "numbers"),
    [
        (lambda n: fold_evenly("".join(map(chr, range(n, n + 0x4000)))), range(0x20000, 0x40000, 0x4000)),
        (lambda n: fold_letter("a" + "\u0301" * n), range(49_800, 50_000)),
    ],
    ids=["characters", "letters of thousands of accents"],
)
def test_what_was_seen_is_not_kept_for_ever(looked_at: Callable[[int], object], numbers: range):
    """Bytes that stay behind when somebody finds what nobody else writes."""
    tracemalloc.start()
    for number in numbers:
        looked_at(number)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 6_000_000
