"""Who follows the stream as a browser does: whatever happens, he comes back with the id of the last event."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import msgspec

from tests.conftest import NO_TLS
from tests.server import PATIENCE
from tests.waiting import until

PATH = "/api/v1/changes/stream"
BACK = 0.05  # s: before he comes back; a browser waits for longer


class Follower:
    """All that he has seen. As long as he runs, he follows one server after another."""

    def __init__(self, url: Callable[[], str], after: str | None = None) -> None:
        self.url = url
        self.last = after
        self.changes: list[dict[str, Any]] = []
        self.streams = 0
        self.ends = 0
        self.refused: list[tuple[int, Any]] = []
        self.comments = 0
        self.hangs_up = False
        """Whether he is to break off after the next event, and come back."""

    @property
    def seqs(self) -> list[int]:
        """The numbers of the changes that he was told of, as they came."""
        return [change["seq"] for change in self.changes]

    async def run(self) -> None:
        """Follow until cancelled, or refused for good."""
        async with httpx.AsyncClient(timeout=httpx.Timeout(30), verify=NO_TLS) as http:
            while not self.refused:
                with suppress(httpx.TransportError):
                    await self._once(http)
                await asyncio.sleep(BACK)

    async def _once(self, http: httpx.AsyncClient) -> None:
        headers = {"last-event-id": self.last} if self.last is not None else {}
        async with http.stream("GET", self.url() + PATH, headers=headers) as answer:
            if answer.status_code != 200:
                body = json.loads(await answer.aread())
                if answer.status_code != 503:
                    self.refused.append((answer.status_code, body))
                return
            assert answer.headers["content-type"] == "text/event-stream"
            async for block in blocks(answer):
                self._take(block)
                if self.hangs_up:
                    self.hangs_up = False
                    return
            self.ends += 1

    def _take(self, block: dict[str, str]) -> None:
        if "id" in block:
            self.last = block["id"]
        if "retry" in block:
            assert block["retry"] == "1000"
            self.streams += 1
        if "comment" in block:
            self.comments += 1
        if "data" in block:
            self.changes.append(msgspec.json.decode(block["data"]))


async def blocks(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """The events of a stream, by the names of their fields; an event that was not ended does not count."""
    rest = b""
    async for piece in answer.aiter_bytes():
        *whole, rest = (rest + piece).split(b"\n\n")
        for block in whole:
            fields = (line.partition(":") for line in block.decode().split("\n"))
            yield {name or "comment": value.removeprefix(" ") for name, _, value in fields}


@asynccontextmanager
async def following(*followers: Follower) -> AsyncIterator[None]:
    """Let them follow meanwhile, from when each has a stream."""
    tasks = [asyncio.create_task(follower.run()) for follower in followers]
    try:
        await until(lambda: _all(follower.streams or follower.refused for follower in followers))
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError), repr(result)


async def caught_up(*followers: Follower, seq: int) -> None:
    """Wait until all have seen that change."""
    await until(lambda: _all(follower.changes and follower.changes[-1]["seq"] >= seq for follower in followers))


async def _all(conditions: Any) -> bool:
    return all(conditions)


__all__ = ["PATIENCE", "Follower", "blocks", "caught_up", "following"]
