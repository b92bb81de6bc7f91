"""Accents in a row: Python and PostgreSQL take quadratic time to bring thousands of them into their canonical order."""

import re
import unicodedata

MOST = 200
"""That may be in any order: more than any writing has (Unicode's Stream-Safe Text Format, UAX 15, allows 30)."""
# Neither letters nor ASCII; the two halfwidth marks count as letters, and are normalized to accents.
_RUN = re.compile(
    rf"(?<![^\w\x00-\x7f])(?<![\uff9e\uff9f])(?:[^\w\x00-\x7f]|[\uff9e\uff9f]){{{MOST + 1},}}+", re.UNICODE
)


def stacked(text: str) -> bool:
    """Whether a text has more accents in a row than any writing has, and not in their canonical order."""
    return not text.isascii() and any(_has_stack(run[0]) for run in _RUN.finditer(text))


def _has_stack(run: str) -> bool:
    count, last, ordered = 0, 0, True
    for character in run:
        combining = unicodedata.combining(unicodedata.normalize("NFKD", character)[0])
        count, ordered = (count + 1, ordered and combining >= last) if combining else (0, True)
        last = combining
        if count > MOST and not ordered:
            return True
    return False
