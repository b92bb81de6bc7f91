"""File locks (flock) that the kernel drops when their holder dies, however it dies.

A lock is a file descriptor. Those opened here are closed on exec, so that no program started meanwhile keeps them.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from donebook.db.embedded.layout import own

ALONE = fcntl.LOCK_EX
SHARED = fcntl.LOCK_SH


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, which is made when missing; nothing is locked yet."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    own(fd, path.parent)
    return fd


def locked(fd: int, how: int, *, within: float = 0, cancelled: Callable[[], bool] = bool) -> bool:
    """Whether the lock could be had within so many seconds, and before it was cancelled."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(fd, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline or cancelled():
                return False
            time.sleep(0.01)
        else:
            return True


def unlock(fd: int) -> None:
    """Give the lock up, even when a child that is about to exec still shares the descriptor, and close it."""
    fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def sign(fd: int) -> None:
    """Write our PID into a lock that we hold, for the message of whoever comes second; a full disk does not matter."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def signed_by(fd: int) -> str:
    """`PID n`, the holder as it signed itself, or `PID unknown`."""
    return f"PID {os.pread(fd, 20, 0).decode('ascii', 'replace').strip() or 'unknown'}"
