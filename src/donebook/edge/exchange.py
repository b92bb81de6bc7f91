"""Requests in flight: by when each must be answered, and whether anybody still waits for the answer.

Nearly every request is answered within a few milliseconds. So that those pay nothing for the few that are not, one
timer looks after all of them, ten times a second while there are any; a timer and a task for each cost more than
everything else that the edge does.
"""

import asyncio
from math import inf
from time import monotonic

from litestar.types import HTTPRequestEvent, Message, Receive, ReceiveMessage, Send

TICK = 0.1  # s: between two looks; by so much later than told a request may be ended


class Late(Exception):
    """The time for a request is up."""


class Left(Exception):
    """The client has gone away before it had its answer."""


class Exchange:
    """One request and its answer: what the application receives and sends, and when it should stop."""

    def __init__(self, clock: "Clock", receive: Receive, send: Send) -> None:
        self.clock = clock
        self.outside_receive = receive
        self.outside_send = send
        self.task = asyncio.current_task()
        self.until = inf  # on `monotonic`: when it is late
        self.body: HTTPRequestEvent | None = None
        self.started = False
        self.finished = False
        self.watched = False  # whether it is for us to see that the client leaves; while it sends that is seen anyway
        self.why: type[Late | Left] | None = None
        self.gone: asyncio.Event | None = None
        self.watcher: asyncio.Future[ReceiveMessage] | None = None

    def begin(self, body: bytes, seconds: float) -> None:
        """The body is here: let the application answer, in so many seconds."""
        self.body = {"type": "http.request", "body": body, "more_body": False}
        self.until = monotonic() + seconds
        self.watched = True

    def unlimited(self) -> None:
        """Take as long as the client likes: this is a stream."""
        self.until = inf
        self.clock.exchanges.discard(self)
        self._watch()

    async def receive(self) -> ReceiveMessage:
        """The body, once; then nothing until the client goes away."""
        if self.body is not None:
            message, self.body = self.body, None
            return message
        self.gone = self.gone or asyncio.Event()
        self._watch()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass on what the application sends."""
        self.started = True
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.finished = True
        await self.outside_send(message)

    def look(self, now: float) -> None:
        """See whether it is late, and from now on whether the client leaves."""
        if now >= self.until:
            self._stop(Late)
        elif self.watched and self.watcher is None:
            self._watch()

    def ended_by(self) -> type[Late | Left] | None:
        """Why the task was cancelled, when it was for one of these reasons alone; it then is no longer."""
        why, self.why = self.why, None
        return why if why is not None and self.task is not None and self.task.uncancel() == 0 else None

    def end(self) -> None:
        """Look after it no longer."""
        self.clock.exchanges.discard(self)
        self.ended_by()  # it may have been stopped when there was nothing left to stop
        if self.watcher is not None:
            self.watcher.remove_done_callback(self._leave)
            self.watcher.cancel()

    def _watch(self) -> None:
        if self.watcher is None:
            self.watcher = asyncio.ensure_future(self.outside_receive())
            self.watcher.add_done_callback(self._leave)

    def _leave(self, watcher: "asyncio.Future[ReceiveMessage]") -> None:
        if not watcher.cancelled():
            watcher.exception()
            if self.gone is not None:
                self.gone.set()
            self._stop(Left)

    def _stop(self, why: type[Late | Left]) -> None:
        self.clock.exchanges.discard(self)
        if self.why is None and not self.finished and self.task is not None:
            self.why = why
            self.task.cancel()


class Clock:
    """Looks after the requests in flight; it rests while there are none."""

    def __init__(self) -> None:
        self.exchanges: set[Exchange] = set()
        self._timer: asyncio.TimerHandle | None = None

    def exchange(self, receive: Receive, send: Send, seconds: float) -> Exchange:
        """A request, whose body has to be here in so many seconds. It has to be ended."""
        exchange = Exchange(self, receive, send)
        exchange.until = monotonic() + seconds
        self.exchanges.add(exchange)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._look)
        return exchange

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._look) if self.exchanges else None
        now = monotonic()
        for exchange in tuple(self.exchanges):
            exchange.look(now)
