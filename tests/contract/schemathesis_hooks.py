"""For schemathesis: a key that it sends with a request stands for that request alone.

It sends the same few short keys again and again, and one that comes with another request is rightly refused with 422.
Rather than expect 422 of valid requests, their keys are told apart.
"""

from itertools import count
from typing import Any

import schemathesis

KEY = "Idempotency-Key"
LONGEST = 255
numbers = count(1)


@schemathesis.hook
def map_headers(_context: Any, headers: Any) -> Any:
    """The same headers with a key of their own; what is no key stays none."""
    key = headers.get(KEY) if headers else None
    if isinstance(key, str) and 1 <= len(key) <= LONGEST:
        mark = f"-{next(numbers)}"
        return {**headers, KEY: key[: LONGEST - len(mark)] + mark}
    return headers
