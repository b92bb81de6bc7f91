"""Clients that create, change and delete tasks as fast as they are answered, and note everything in one history.

Half of the writes have an idempotency key: they are sent again until there is an answer, and then have happened once.
"""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from typing import Any, Self

import httpx

from tests.chaos.history import History, Kind, Outcome, Write

HOT = 24  # clients change and delete the newest tasks of all, so that they meet
KINDS: tuple[Kind, ...] = ("create", "update", "delete")
TIMEOUT = 20.0  # s: longer than the server takes to say that it cannot


class Load:
    """Clients at work, from `async with` to its end; at the end each waits for its last answer."""

    def __init__(self, url: str, history: History, *, clients: int, seed: int) -> None:
        self.url = url
        self.history = history
        self.clients = clients
        self.random = random.Random(seed)
        self.ids: dict[str, str] = {}
        self.surprises: list[str] = []
        self.acknowledged: list[float] = []
        self.told: Counter[str] = Counter()
        """What was answered 503, by its type and when to try again; those that were sent again included."""
        self.over = False
        self.running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.running = [asyncio.create_task(self._client()) for _ in range(self.clients)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.over = True
        for client in self.running if kind else ():
            client.cancel()
        await asyncio.gather(*self.running, return_exceptions=kind is not None)

    async def more(self, count: int) -> None:
        """Wait until so many more writes are acknowledged."""
        until = len(self.acknowledged) + count
        while len(self.acknowledged) < until:
            for ended in (client for client in self.running if client.done()):
                ended.result()
            await asyncio.sleep(0.005)

    @property
    def silence(self) -> float:
        """The longest time between two acknowledged writes, in seconds."""
        return max(after - before for before, after in pairwise(self.acknowledged))

    async def _client(self) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT, trust_env=False) as http:
            while not self.over:
                await self._turn(http)

    async def _turn(self, http: httpx.AsyncClient) -> None:
        names = list(self.ids)[-HOT:]
        kind: Kind = self.random.choices(KINDS, [5, 4, 2])[0] if names else "create"
        name = None if kind == "create" else self.random.choice(names)
        path = "/tasks" if name is None else f"/tasks/{self.ids[name]}"
        method = {"create": "POST", "update": "PUT", "delete": "DELETE"}[kind]
        write = self.history.begin(kind, name, completed=self.random.random() < 0.5)
        request = http.build_request(method, path, json=None if kind == "delete" else write.body)
        keyed = self.random.random() < 0.5
        if keyed:
            request.headers["Idempotency-Key"] = write.word
        answer = await self._send(http, request, write, again=keyed)
        if answer is not None:
            self._note(write, answer)

    async def _send(
        self, http: httpx.AsyncClient, request: httpx.Request, write: Write, *, again: bool
    ) -> httpx.Response | None:
        """The answer, if one came: asked for again and again with a key, and only once without."""
        while True:
            try:
                answer = await http.send(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not again:
                    self.history.forget(write)
            except httpx.TransportError:
                write.tries += 1  # sent, and never answered
            else:
                write.tries += 1
                if answer.status_code == 503:
                    self.told[f"503 {answer.json()['type']}, in {answer.headers['retry-after']} s"] += 1
                if not again or answer.status_code not in (409, 503):
                    return answer
            await asyncio.sleep(0.02)
            if not again:
                return None

    def _note(self, write: Write, answer: httpx.Response) -> None:
        if answer.is_success:
            body: dict[str, Any] = answer.json() if answer.content else {}
            write.end(Outcome.DONE, body)
            self.acknowledged.append(write.ended)
            if write.kind == "create":
                self.ids[write.name] = body["id"]
        elif answer.status_code == 404:
            write.end(Outcome.MISSING)
        elif answer.status_code == 503 and answer.json()["type"] != "outcome-unknown":
            write.end(Outcome.REFUSED)
        elif answer.status_code != 503:
            self.surprises.append(f"{write.kind}: {answer.status_code} {answer.text}")
        if write.kind == "delete" and write.outcome in (Outcome.DONE, Outcome.MISSING):
            with suppress(KeyError):
                del self.ids[write.name]
