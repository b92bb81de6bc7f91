"""Giving memory back to the system: glibc keeps what large bodies and answers have used, for the next ones."""

import asyncio
import ctypes

MUCH = 16 * 2**20  # bytes that were freed, from which on it is worth while
SOON = 0.5  # s: what is being freed with it may still be in use


class Freed:
    """Counts what was freed, and gives it back when it is much.

    40 lists of 30 MB that nobody read left a process with 640 MB, and leave it with 133 MB so
    (`tests/hostile/test_slow_clients.py`).
    """

    def __init__(self) -> None:
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, size: int) -> None:
        """Note that so many bytes were freed, or are about to be."""
        self._bytes += size
        if self._bytes > MUCH and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self._give_back)

    def _give_back(self) -> None:
        self._bytes, self._timer = 0, None
        asyncio.get_running_loop().run_in_executor(None, give_back)


def give_back() -> None:
    """Have glibc give free memory back; with another C library do nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


freed = Freed()
