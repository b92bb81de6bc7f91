"""Letters, as searching and sorting see them: without case and accents, in words or, where a script has none, in runs.

The database says the same in `fold` and `search_lexemes` (`donebook.db.sql`); a test compares the two over all of
Unicode.
"""

import re
import unicodedata
from functools import lru_cache

LONGEST = 60  # characters of a word; what is longer is cut, here and in the database

MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)
ALONE = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "ĸ": "k",
        "ς": "σ",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
BETWEEN = (
    "\x01-/:-@\\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u25ff"
    "\u27c0-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u30fb\ufe10-\ufe6f\ufffc-\uffff"
)
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u30fa"
    "\u30fc-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana, Bopomofo, Han, and pictures."""

KNOWN = 20_000  # letters that are not looked up again
ACCENTED = 8  # characters of a letter: more are no writing, and would be kept as well

_MARKS = re.compile(f"[{MARKS}]+")
TERMS = re.compile(f"(?P<run>[{UNSPACED}]+)|[^{BETWEEN}{UNSPACED}]+")


def fold(text: str) -> str:
    """The text without case and accents, compatibility forms as what they stand for."""
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text).lower())
    return unicodedata.normalize("NFC", bare.translate(ALONE))


def letters(text: str) -> list[str]:
    """The text's letters, each with its accents."""
    found: list[str] = []
    for character in text:
        if found and continues(character):
            found[-1] += character
        else:
            found.append(character)
    return found


def fold_letter(letter: str) -> str:
    """A letter's part of a folded text."""
    return _known(letter) if len(letter) <= ACCENTED else fold(letter)


@lru_cache(maxsize=KNOWN)
def _known(letter: str) -> str:
    return fold(letter)


SEVERAL = "\0"  # which no text has


class _Evenly(dict[int, str]):
    """What each character is folded to, or `SEVERAL` when that is not one character for one letter.

    When there are too many it begins anew: a description may have more of them than anybody's language.
    """

    def __missing__(self, code: int) -> str:
        if len(self) >= KNOWN:
            self.clear()
        folded = SEVERAL if continues(chr(code)) else fold(chr(code))
        self[code] = folded if len(folded) == 1 else SEVERAL
        return self[code]


_evenly = _Evenly()


def fold_evenly(text: str) -> str | None:
    """The text, folded, if every character of it stays in its place; None otherwise. It is quick."""
    folded = text.translate(_evenly)
    return None if SEVERAL in folded else folded


@lru_cache(maxsize=KNOWN)
def continues(character: str) -> bool:
    """Whether it belongs to the letter before it: accents, and the later parts of a Hangul syllable."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(first) > 0 or bool(_MARKS.match(first)) or "\u1160" <= first <= "\u11ff"
