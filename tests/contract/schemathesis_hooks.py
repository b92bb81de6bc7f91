"""For schemathesis: a key that it sends with a request stands for that request alone.

It sends the same few short keys again and again, and one that comes with another request is rightly refused with 422.
Rather than expect 422 of valid requests, their keys are told apart.

It does not know either that a title shows something: one that does not gets a full stop at its end.

It also takes any text for an `If-Match`, whatever the document says of it: such a bare word becomes an entity tag.
"""

import re
from itertools import count
from typing import Any

import schemathesis

from donebook.tasks.contract import VISIBLE

KEY = "Idempotency-Key"
CONDITIONS = ("If-Match", "If-None-Match")
WORD = re.compile("[0-9A-Za-z]+", re.ASCII)
LONGEST = 255
LONGEST_TITLE = 200
numbers = count(1)


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Give a key to this request alone, quotes to a tag without, and a title that shows; what is no key stays none."""
    key = case.headers.get(KEY) if case.headers else None
    if isinstance(key, str) and 1 <= len(key) <= LONGEST:
        mark = f"-{next(numbers)}"
        case.headers[KEY] = key[: LONGEST - len(mark)] + mark
    for name in CONDITIONS:
        tag = case.headers.get(name) if case.headers else None
        if isinstance(tag, str) and WORD.fullmatch(tag):
            case.headers[name] = f'"{tag}"'
    title = case.body.get("title") if isinstance(case.body, dict) and case.path.startswith("/api/v1/") else None
    if isinstance(title, str) and 1 <= len(title) <= LONGEST_TITLE and not VISIBLE.search(title):
        case.body["title"] = f"{title[: LONGEST_TITLE - 1]}."
