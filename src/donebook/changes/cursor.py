"""Places in the log, as clients hold them: URL-safe texts that say nothing to anybody else."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import NamedTuple
from uuid import UUID

from donebook.problems import BadCursor

LOG, HISTORY = 1, 2  # what a cursor is for, and the version of its form
FORM = struct.Struct(">B16sQ")
LAST = 2**63 - 1


class Cursor(NamedTuple):
    """Behind a change: the number of the last change that was seen, and the epoch of the log that numbered it."""

    epoch: UUID
    seq: int

    def __str__(self) -> str:
        return _write(LOG, self.epoch, self.seq)


def parse(text: str) -> Cursor | None:
    """The place that a cursor names; None, for the very beginning, when it is 0.

    Raises:
        BadCursor: when it is no cursor.
    """
    return None if text == "0" else Cursor(*_read(LOG, text))


def write_history(entity_id: UUID, seq: int) -> str:
    """The cursor behind a change in the history of an entity."""
    return _write(HISTORY, entity_id, seq)


def parse_history(entity_id: UUID, text: str) -> int:
    """The number that a cursor names in the history of this entity.

    Raises:
        BadCursor: when it is no cursor, or of another history.
    """
    about, seq = _read(HISTORY, text)
    if about != entity_id:
        raise BadCursor("The cursor belongs to another task's history")
    return seq


def _write(kind: int, whose: UUID, seq: int) -> str:
    return urlsafe_b64encode(FORM.pack(kind, whose.bytes, seq)).rstrip(b"=").decode()


def _read(kind: int, text: str) -> tuple[UUID, int]:
    try:
        found, whose, seq = FORM.unpack(urlsafe_b64decode(text.encode("ascii") + b"=="))
    except (UnicodeEncodeError, Error, struct.error):
        raise BadCursor from None
    if found != kind or seq > LAST or _write(kind, UUID(bytes=whose), seq) != text:
        raise BadCursor
    return UUID(bytes=whose), seq
