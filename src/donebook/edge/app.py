"""Around every request: its id, its log line, our names, CORS, its body, its deadline, and the security headers."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from random import Random
from time import perf_counter
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from donebook import deadline, logs, metrics
from donebook.edge.body import Bodies, Disconnected
from donebook.edge.cors import CORS
from donebook.edge.exchange import Clock, Late, Left
from donebook.edge.hosts import Hosts
from donebook.error_bodies import error_body, media_type
from donebook.problems import (
    BadRequest,
    Busy,
    CrossOrigin,
    ExpectationFailed,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Problem,
    RequestTimeout,
    ServerError,
    TooLarge,
    TooSlow,
    Unavailable,
    UnknownCoding,
    UnknownHost,
    VersionNotSupported,
)
from donebook.settings import Settings

log = logging.getLogger("donebook.edge")

READS = ("GET", "HEAD", "OPTIONS")
GRACE = 1.0  # s: the application's own answer to a lack of time comes first
FOR_THE_ANSWER = 1.0  # s: a body that leaves less of the request's time, or of its half, has come too late

type HeaderList = list[tuple[bytes, bytes]]

REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}", re.ASCII)
VERSIONS = ("1.1", "1.0")
UNUSUAL = frozenset({b"content-encoding", b"expect", b"origin", b"sec-fetch-site", b"transfer-encoding"})
"""Headers for which a request may be refused without looking at its body."""
CLIENT_GONE = 499  # for the log only, as nginx has it: nobody was there to answer
SECURITY = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
"""Defaults; what an answer says for itself stands."""

_random = Random()  # noqa: S311 - to ask the system for randomness costs more than reading a request's headers


class Edge:
    """Wraps the whole application, its 404s included."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        methods: Mapping[str, Iterable[str]],
        written: Callable[[], None],
        stopping: Callable[[], None],
    ) -> None:
        """Wrap an application.

        Args:
            app: what answers.
            settings: all of them.
            methods: of each route.
            written: is called after each request that has written.
            stopping: is called when the server begins to stop; it ends all that has no end of its own.
        """
        self.app = app
        self.written = written
        self.stopping = stopping
        self.allow = {path: allowed(those).encode() for path, those in methods.items()}
        self.cors = CORS(settings)
        self.hosts = Hosts(settings)
        self.time = settings.request_timeout
        self.time_for_body = min(settings.body_timeout, self.time - min(FOR_THE_ANSWER, self.time / 2))
        self.bodies = Bodies(settings.max_buffered_mb * 2**20)
        self.clock = Clock()
        self.draining = False  # whether the server is stopping, so that clients should open no request here any more

    def drain(self) -> None:
        """Tell clients from now on that the server is stopping."""
        self.draining = True
        self.stopping()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request; what comes back is to be awaited."""
        if scope["type"] != ScopeType.HTTP:
            return self.app(scope, receive, send)
        if scope["method"] == "HEAD":
            as_get = _as_get(scope)
            return self._respond(as_get, receive, _head_only(scope, as_get, send))
        return self._respond(scope, receive, send)

    async def _respond(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        metrics.IN_FLIGHT.inc()
        started = perf_counter()
        deadline.start(self.time)
        state = scope["state"]
        headers = [*scope["headers"]]
        given = dict(headers[::-1])  # of those that are there twice the first
        state["request_id"] = request_id = _request_id(given.get(b"x-request-id"))
        ours = self.hosts.own([value for name, value in headers if name == b"host"])
        cors = self.cors.headers(scope["scheme"], given) if ours and b"origin" in given else []
        own = [(b"x-request-id", request_id.encode()), (b"vary", b"origin"), *cors]
        status = CLIENT_GONE
        begun: float | None = None  # when a stream began; what comes then takes as long as the client likes

        async def send_with_headers(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= 400 and b"expect" in given:
                    own.append((b"connection", b"close"))  # whether the body comes or the next request is not known
                if state.get("streams"):
                    begun = perf_counter()
                    metrics.IN_FLIGHT.dec()
                if (key := state.get("key")) is not None and key.replayed:
                    metrics.REPLAYS.inc()
                    own.append((b"idempotency-replayed", b"true"))
                if self.draining and status != RequestTimeout.status:
                    own.append((b"connection", b"close"))
                message["headers"] = _complete(self._allowed(scope, list(message.get("headers", ()))), own)
            await send(message)

        try:
            unusual = not ours or scope["http_version"] != "1.1" or not UNUSUAL.isdisjoint(given)
            if unusual and (refused := self._refused(scope, given, headers, ours=ours)) is not None:
                if b"transfer-encoding" in given:  # where the next request begins is not known
                    own.append((b"connection", b"close"))
                await _answer(refused, scope, send_with_headers)
            elif b"%2f" in scope["raw_path"].lower():
                await _answer(NotFound(), scope, send_with_headers)  # else it would be taken for a separator
            elif scope["method"] == "OPTIONS" and (preflight := self.cors.preflight(given, cors)) is not None:
                own += preflight[len(cors) :]
                await send_with_headers({"type": "http.response.start", "status": 204, "headers": []})
                await send_with_headers({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await self._handle(scope, given, receive, send_with_headers)
        finally:
            if scope["method"] not in READS and status < 400:
                self.written()
            if begun is None:
                metrics.IN_FLIGHT.dec()
            _record(scope, status, (begun or perf_counter()) - started, request_id, begun)

    def _refused(
        self, scope: HTTPScope, given: Mapping[bytes, bytes], headers: HeaderList, *, ours: bool
    ) -> Problem | None:
        """Why a request is answered without looking at its body, if it is."""
        if not ours:
            return UnknownHost()
        if scope["http_version"] not in VERSIONS:
            return VersionNotSupported()
        if b"transfer-encoding" in given and (
            [value.lower() for name, value in headers if name == b"transfer-encoding"] != [b"chunked"]
        ):
            return NotSupported("The only transfer coding that this server knows is chunked")
        if b"transfer-encoding" in given and scope["http_version"] == "1.0":
            return BadRequest("HTTP/1.0 has no transfer codings")  # a proxy may see its end elsewhere (RFC 9112, 6.1)
        if b"expect" in given and given[b"expect"].lower() != b"100-continue":
            return ExpectationFailed()
        if given.get(b"content-encoding", b"identity").lower() != b"identity":
            return UnknownCoding(UnknownCoding.example)
        if scope["method"] not in READS and self.cors.foreign(given):
            return CrossOrigin(CrossOrigin.example)
        return None

    async def _handle(self, scope: HTTPScope, given: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
        """Read the body and let the application answer, in the time that there is and while anybody waits."""
        request_id = scope["state"]["request_id"]
        exchange = self.clock.exchange(receive, send, self.time_for_body)
        reads = scope["method"] in READS
        try:
            body = await self.bodies.read(given, receive)
            scope["state"]["body"] = body
            exchange.begin(body, deadline.remaining() + GRACE)
            scope["state"]["exchange"] = exchange
            await self.app(scope, exchange.receive, exchange.send)
        except Disconnected:
            return
        except (TooLarge, Busy) as problem:
            await _answer(problem, scope, send)
        except asyncio.CancelledError:
            why = exchange.ended_by()
            if why is Left:
                return
            if exchange.started:
                if why is Late:
                    raise TimeoutError from None
                raise
            if why is None:  # the server stops, and has waited for as long as it may
                safe = reads or not exchange.watched  # what has not come whole has not begun
                await _answer(Unavailable("The server is stopping") if safe else OutcomeUnknown(), scope, send)
            elif exchange.watched:
                await _answer(TooSlow() if reads else OutcomeUnknown(), scope, send)
            else:
                await _answer(RequestTimeout(), scope, send)
        except Exception:
            if exchange.started:
                raise
            log.exception("unexpected error", extra={"request_id": request_id})
            await _answer(ServerError(), scope, send)
        finally:
            self.bodies.release(scope["state"].get("body", b""))
            exchange.end()
            scope["state"].pop("exchange", None)  # each knows the other: only the collector would free them

    def _allowed(self, scope: HTTPScope, headers: HeaderList) -> HeaderList:
        """Correct Litestar's own answer to OPTIONS, which names only the methods of the handler registered first."""
        path = scope.get("path_template")
        if scope["method"] != "OPTIONS" or path not in self.allow:
            return headers
        return [(b"allow", self.allow[path])]


def allowed(methods: Iterable[str]) -> str:
    """The methods of an address, as `Allow` lists them: where GET is answered, HEAD is (RFC 9110, section 9.3.2)."""
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else {*methods}))


def _as_get(scope: HTTPScope) -> HTTPScope:
    """A HEAD as the application sees it: as a GET, whose `state` says that only the head is sent."""
    scope["state"]["head"] = True
    return cast("HTTPScope", {**scope, "method": "GET"})


def _head_only(scope: HTTPScope, as_get: HTTPScope, send: Send) -> Send:
    """Send what a HEAD is answered: the GET's head, which has the length of its body, and no body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start" and "path_template" in as_get:
            scope["path_template"] = as_get["path_template"]  # for traces
        elif message["type"] == "http.response.body":
            message = {"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)}
        await send(message)

    return send_head


def new_request_id() -> str:
    """An id that no other request has: 128 random bits, in hex. It tells requests apart, and is no secret."""
    return f"{_random.getrandbits(128):032x}"


def _request_id(given: bytes | None) -> str:
    text = "" if given is None else given.decode("latin-1")
    return text if REQUEST_ID.fullmatch(text) else new_request_id()


def _complete(headers: HeaderList, own: HeaderList) -> HeaderList:
    if any(name in SECURITY for name, _ in headers):
        given = {name for name, _ in headers}
        return [*headers, *own, *((name, value) for name, value in SECURITY.items() if name not in given)]
    return [*headers, *own, *SECURITY.items()]


async def _answer(problem: Problem, scope: HTTPScope, send: Send) -> None:
    body = error_body(problem, scope["path"], scope["state"]["request_id"])
    kind = media_type(scope["path"]).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    if isinstance(problem, RequestTimeout):  # what still arrives is of no use (RFC 9110, section 15.5.9)
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _record(scope: HTTPScope, status: int, seconds: float, request_id: str, begun: float | None) -> None:
    """Count a request and write its line. Both name the route, never the path itself: a path is what somebody typed.

    A stream is counted and measured up to its beginning; its line also says for how long it was open.
    """
    method, route = "HEAD" if "head" in scope["state"] else scope["method"], scope.get("path_template") or "-"
    metrics.answered(method, route, status, seconds)
    open_s = None if begun is None else perf_counter() - begun
    logs.request(method, route, status, ms=seconds * 1000, request_id=request_id, open_s=open_s)
