"""One connection: what uvicorn's httptools protocol lacks against hostile and broken clients.

docs/decisions/0012-limits-on-clients.md says what is missing upstream; docs/security.md what is promised.
"""

import asyncio
import logging
from http import HTTPStatus
from time import monotonic
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from donebook import metrics
from donebook.edge import new_request_id
from donebook.error_bodies import error_body, media_type
from donebook.http.backlog import Backlog
from donebook.http.joined import Joined
from donebook.problems import (
    BadRequest,
    HeadTooLarge,
    Problem,
    RequestTimeout,
    TooManyConnections,
)
from donebook.settings import Settings

log = logging.getLogger("donebook.http")

QUEUE = 100  # requests that may wait on one connection for the answers to those before them
LINGER = 1.0  # s: for how long what a refused client still sends is thrown away
QUIET = 10.0  # s between two lines in the log that say the same


class Shared:
    """What all connections of a process share."""

    def __init__(self, settings: Settings, connections: int) -> None:
        """Begin without connections.

        Args:
            settings: all of them.
            connections: how many there may be.
        """
        self.settings = settings
        self.connections = connections
        self.backlog = Backlog(settings.write_timeout, settings.max_buffered_mb * 2**20)
        self.idle: dict[Protocol, None] = {}
        """The connections without a request, the one first that has been so for longest."""
        self._said = float("-inf")

    def make_room(self) -> bool:
        """Close the connection that has been idle for longest; False when all are busy. Log it, now and then."""
        metrics.cut_off("connections")
        if monotonic() - self._said > QUIET:
            self._said = monotonic()
            log.warning("too many connections", extra={"max_connections": self.connections})
        oldest = next(iter(self.idle), None)
        if oldest is not None:
            del self.idle[oldest]
            oldest.transport.close()
        return oldest is not None


class Protocol(HttpToolsProtocol):
    """Limits what a client may send and how long it may take, and refuses what it cannot parse with a problem."""

    def __init__(self, *args: Any, shared: Shared, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shared = shared
        self.limit = shared.settings.max_head_size
        self.lines = shared.settings.max_headers
        self.running: RequestResponseCycle | None = None
        """The request that is being answered; uvicorn's `cycle` is the last one that was parsed."""
        self.deaf = False  # whether what still comes is thrown away
        self.refusal: Problem | None = None  # what is said when all requests before are answered
        self.in_head = False
        self.unparsed = 0  # bytes, at most, that came since the parser last gave a head or a part of a body
        self.upgrading = False
        self.timer: asyncio.TimerHandle | None = None  # until when a head has to be whole

    @property
    def idle(self) -> bool:
        """Whether there is no request to be answered."""
        return self.cycle is None or self.cycle.response_complete

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head; when there are too many connections, one that is idle has to go."""
        super().connection_made(transport)
        if len(self.connections) > self.shared.connections and not self.shared.make_room():
            self._refuse(TooManyConnections())
        else:
            self.shared.idle[self] = None
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the request that is being answered; uvicorn ends the one that was parsed last."""
        self.shared.backlog.discard(self.transport)
        self.shared.idle.pop(self, None)
        self._stop_timer()
        if self.running is not None and not self.running.response_complete:
            self.running.disconnected = True
            self.running.message_event.set()
        super().connection_lost(exc)
        if self.scope is not None:
            self.scope["state"].pop("last", None)  # each knows the other: only the garbage collector would free them

    def pause_writing(self) -> None:
        """Watch a client that is behind."""
        super().pause_writing()
        self.shared.backlog.add(self.transport)

    def resume_writing(self) -> None:
        """Watch it no longer."""
        super().resume_writing()
        self.shared.backlog.discard(self.transport)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self._close()

    # What comes in

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        if self.deaf:
            return
        self._unset_keepalive_if_required()
        self.unparsed += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Problem) else BadRequest("Invalid HTTP request received"))
            return
        if self.unparsed > self.limit and not self.deaf and (self.in_head or self._unfinished()):
            self._refuse(HeadTooLarge())
        elif self.timer is None and self.idle:
            self._expect_head()

    def _parse(self, data: bytes) -> None:
        """Parse requests as if none had asked for an upgrade (RFC 9110, section 7.8 allows to ignore it).

        httptools leaves the body of one that did unread, and would take it for the next request. So the head is parsed
        again, without that wish.
        """
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self.deaf:
                    return
                self.upgrading = False
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.scope["http_version"].encode())]
        for name, value in self.scope["headers"]:
            if name == b"connection":
                options = [option for option in value.split(b",") if option.strip().lower() != b"upgrade"]
                lines += [b"connection: " + b",".join(options)] if options else []
            elif name != b"upgrade":
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        """Let the application cut the connection, or take no further request, which ASGI knows no word for."""
        super().on_message_begin()
        self.in_head = True
        self.scope["state"]["abort"] = self.transport.abort
        self.scope["state"]["last"] = self.ignore_further

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self.in_head = False
        self._stop_timer()
        if len(self.headers) > self.lines or (self.unparsed > self.limit and self._head_size() > self.limit):
            raise HeadTooLarge
        self.unparsed = 0
        upgrade = self.parser.should_upgrade()
        tunnel = upgrade and self.parser.get_method() == b"CONNECT"
        if upgrade and not tunnel:
            self.scope["http_version"] = self.parser.get_http_version()
            self.upgrading = True
            return
        super().on_headers_complete()
        self.headers = []  # for trailers, which are no headers of the request
        if self.scope["method"] != "HEAD":  # the answer to that is a head, and nothing comes behind it
            self.cycle.transport = cast("asyncio.Transport", Joined(self.transport, self.loop))
        if tunnel:  # it is refused, and what comes behind it is no HTTP
            self.deaf, self.cycle.keep_alive = True, False
        if len(self.pipeline) > QUEUE:
            raise BadRequest("More requests were sent ahead of their answers than this server keeps")

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the body is whole."""
        if not self.upgrading:
            super().on_message_complete()
            self.cycle.more_body = False  # uvicorn leaves it when the answer came first
            if self.headers and not self.parser.should_keep_alive():  # a trailer says so: no further request is parsed
                self.cycle.keep_alive = False
            self.unparsed = 0

    # What goes out

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        self.shared.idle.pop(self, None)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request; when there is none, with what is to be said last."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.shared.backlog.add(self.transport)  # what is still to be read is not waited for endlessly
        elif self.idle:
            self.shared.idle[self] = None
            if self.refusal is not None:
                self._say(self.refusal)
            elif self.in_head:
                self._expect_head()

    def ignore_further(self) -> None:
        """Answer no request behind the one that is being answered: it has no end of its own."""
        self.deaf = True
        self.refusal = None
        self.pipeline.clear()
        self.cycle = self.running  # type: ignore[assignment]
        self.cycle.keep_alive = False
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _expect_head(self) -> None:
        self._stop_timer()
        self.timer = self.loop.call_later(self.shared.settings.head_timeout, self._head_is_late)

    def _stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _head_is_late(self) -> None:
        self.timer = None
        metrics.cut_off("head too slow")
        if self.in_head:
            self._refuse(RequestTimeout())
        else:
            self._close()

    def _close(self) -> None:
        """Close the connection, when its client has read its answers; but do not wait for that endlessly."""
        if not self.transport.is_closing():
            self.transport.close()
            self.shared.backlog.add(self.transport)

    def _unfinished(self) -> bool:
        """Whether a request is not whole yet: the one that was parsed last."""
        return self.cycle is not None and self.cycle.more_body

    def _refuse(self, problem: Problem) -> None:
        """Answer all requests that came whole, then say what is wrong with what came behind them, and close."""
        self.deaf = True
        if self._unfinished() and not self.in_head:  # it is this request that is wrong
            if self.pipeline:
                self.pipeline.popleft()
                self.cycle = self.pipeline[0][0] if self.pipeline else self.running  # type: ignore[assignment]
            else:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
                if self.cycle.response_started:
                    self.transport.close()
        if self.idle or self.cycle.disconnected:
            self._say(problem)
        else:
            self.refusal = problem

    def _say(self, problem: Problem) -> None:
        """Say what is wrong, and close the connection."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        metrics.cut_off(problem.type())
        request_id = new_request_id()
        path = unquote(getattr(self, "url", b"").partition(b"?")[0].decode("latin-1"))  # as far as it has come
        body = error_body(problem, path, request_id)
        retry = "" if problem.retry_after is None else f"retry-after: {problem.retry_after}\r\n"
        head = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
            f"content-type: {media_type(path)}\r\n"
            f"content-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\n"
            f"{retry}"
            "cache-control: no-store\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self.loop.call_later(LINGER, self._close)  # a reset would take the answer from a client that is still sending
