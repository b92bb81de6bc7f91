"""While a request is being handled: its deadline, and whether anybody still waits for the answer."""

import asyncio
from collections.abc import Awaitable

from litestar.types import HTTPRequestEvent, Message, Receive, ReceiveMessage, Send


class Watched:
    """One exchange whose body has been read: what the application receives and sends, and when it should stop."""

    def __init__(self, body: bytes, receive: Receive, send: Send) -> None:
        self.body: HTTPRequestEvent | None = {"type": "http.request", "body": body, "more_body": False}
        self.outside_receive = receive
        self.outside_send = send
        self.started = False
        self.finished = False
        self.gone = asyncio.Event()

    async def receive(self) -> ReceiveMessage:
        """The body, once; then nothing until the client goes away."""
        if self.body is not None:
            message, self.body = self.body, None
            return message
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass on what the application sends."""
        self.started = True
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.finished = True
        await self.outside_send(message)

    async def run(self, handling: Awaitable[None]) -> None:
        """Handle the request for as long as somebody waits for it."""
        task = asyncio.current_task()
        left = False

        def leave(watcher: asyncio.Task[ReceiveMessage]) -> None:
            nonlocal left
            if not self.finished and not watcher.cancelled() and task is not None:
                left = True
                self.gone.set()
                task.cancel()

        watcher = asyncio.ensure_future(self.outside_receive())
        watcher.add_done_callback(leave)
        try:
            await handling
        except asyncio.CancelledError:
            if not left or task is None or task.uncancel() > 0:
                raise
        finally:
            watcher.remove_done_callback(leave)
            watcher.cancel()
