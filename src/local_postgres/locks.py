"""File locks (flock), which the kernel releases when their holder dies, however it dies.

A lock is a file descriptor. It is closed on exec, so that no program that is started meanwhile keeps the lock.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from local_postgres.layout import match_owner

EXCLUSIVE = fcntl.LOCK_EX
SHARED = fcntl.LOCK_SH


def open_lock(path: Path) -> int:
    """Open the lock file, creating it if it is missing, and return its descriptor; nothing is locked yet."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    match_owner(fd, path.parent)
    return fd


def try_lock(fd: int, mode: int, *, within: float = 0, cancelled: Callable[[], bool] = bool) -> bool:
    """Take the lock within so many seconds; return False on a time-out or when cancelled."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(fd, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline or cancelled():
                return False
            time.sleep(0.01)
        else:
            return True


def unlock(fd: int) -> None:
    """Release the lock, even when a child that is about to exec still shares the descriptor, and close it."""
    fcntl.flock(fd, fcntl.LOCK_UN)
    os.close(fd)


def write_holder(fd: int) -> None:
    """Write our PID into a lock that we hold, for the error message of other processes; ignore a full disk."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)


def holder(fd: int) -> str:
    """Return `PID n`, as the holder of the lock wrote it, or `PID unknown`."""
    return f"PID {os.pread(fd, 20, 0).decode('ascii', 'replace').strip() or 'unknown'}"
