"""Where the next page begins: a text that means nothing to clients, and fits the list that it was given for only."""

import base64
import hashlib
from binascii import Error as NotBase64
from uuid import UUID

import msgspec

from donebook.problems import BadCursor
from donebook.wire import parse_id

VERSION = 1
CHECK = 8  # bytes: against mistakes; there is nothing in a cursor that a client could not have asked for


def write(last: str, task_id: UUID, of: str) -> str:
    """The cursor behind a task, by its place in the list `of`."""
    content = msgspec.json.encode([VERSION, last, str(task_id)])
    return base64.urlsafe_b64encode(_check(content, of) + content).decode().rstrip("=")


def read(cursor: str, of: str) -> tuple[str, UUID]:
    """The place behind which the page begins, and the id of the task that was there.

    Raises:
        BadCursor: when it is none of ours, or one of another list.
    """
    try:
        decoded = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, content = decoded[:CHECK], decoded[CHECK:]
        version, last, task_id = msgspec.json.decode(content, type=tuple[int, str, str])
    except (NotBase64, ValueError, msgspec.DecodeError) as error:
        raise BadCursor from error
    found = parse_id(task_id)
    if version != VERSION or found is None or "\x00" in last:
        raise BadCursor
    if check != _check(content, of) or write(last, found, of) != cursor:
        raise BadCursor("This cursor belongs to a list with another sort or other filters, or was changed")
    return last, found


def _check(content: bytes, of: str) -> bytes:
    return hashlib.blake2b(
        content, digest_size=CHECK, key=hashlib.blake2b(of.encode(), digest_size=32).digest()
    ).digest()
