"""How ids and times are written in every API."""

import re
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec

KNOWN = 16_384  # times that are kept, of some 200 bytes each
_encode = msgspec.json.Encoder().encode
FORM = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def parse_id(text: str) -> UUID | None:
    """The id, or None when it has not the form of one, so that nothing can have it."""
    return UUID(text) if FORM.fullmatch(text) else None


@lru_cache(KNOWN)
def timestamp(at: datetime) -> str:
    """RFC 3339, of fixed width, so that texts sort as times do; `at` is in UTC, as rows have it.

    msgspec writes times several times as fast as `isoformat` does, but leaves a fraction of zero out. What is
    read again and again is written once.
    """
    text = _encode(at)[1:-1].decode()
    return text if at.microsecond else f"{text[:19]}.000000Z"
