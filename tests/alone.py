"""Tests marked `alone` measure: they have the machine to themselves, also when others run in a process beside them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOM = Path(__file__)
DOOR = Path(__file__).with_name("conftest.py")
"""Files that are only locked. All processes of a run know them, and a lock ends with who holds it."""


@contextmanager
def having_room(*, alone: bool) -> Iterator[None]:
    """Be in the room with others or, when all have left it, alone. Who waits to be alone keeps the door shut."""
    with DOOR.open() as door, ROOM.open() as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(door, fcntl.LOCK_UN)
        yield
