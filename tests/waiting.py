"""Waiting until something is so: as soon as it is, and for as long as a slow machine may need."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.server import PATIENCE

PAUSE = 0.02  # s


def wait_until(met: Callable[[], object]) -> None:
    """Wait until it is so, or raise TimeoutError."""
    until = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(PAUSE)


async def until(met: Callable[[], Awaitable[object]]) -> None:
    """The same, for what has to be awaited."""
    async with asyncio.timeout(PATIENCE):
        while not await met():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(PAUSE)
