"""What stands around every request: its id, its log line, whether we answer to that host, and the security headers."""

import logging
import re
from collections.abc import Iterable, Mapping
from time import perf_counter
from uuid import uuid4

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from donebook.cors import CORS
from donebook.problems import NotFound, Problem, TooLarge, UnknownHost, document
from donebook.settings import Settings

log = logging.getLogger("donebook.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}", re.ASCII)
HOST = re.compile(r"(?:(?P<name>[\w.~-]+)|\[(?P<address>[0-9a-f:.]+)\])(?::\d{0,5})?", re.ASCII | re.IGNORECASE)
MOST_TO_DRAIN = 16 * 1024 * 1024  # bytes
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
SECURITY = {
    b"content-security-policy": API_POLICY,
    b"cache-control": b"no-store",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
"""Defaults; what an answer says for itself stands."""


class Edge:
    """Wraps the whole application, its 404s included."""

    def __init__(self, app: ASGIApp, settings: Settings, methods: Mapping[str, Iterable[str]]) -> None:
        self.app = app
        self.allow = {path: ", ".join(sorted(those)).encode() for path, those in methods.items()}
        self.cors = CORS(settings)
        self.any_host = "*" in settings.hosts
        self.hosts = {host.strip("[]").lower() for host in settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        request = Headers.from_scope(scope)
        request_id = _request_id(request)
        scope["state"]["request_id"] = request_id
        ours = self._ours(request.getall("host", []))
        cors = self.cors.headers(scope["scheme"], request) if ours else []
        own = [(b"x-request-id", request_id.encode()), (b"vary", b"origin"), *cors]
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == TooLarge.status and "expect" not in request:
                    await _drain(receive)
                if scope["method"] == "OPTIONS" and scope.get("path_template") in self.allow:
                    # Litestar's own answer names only the methods of the handler that was registered first.
                    message["headers"] = [(b"allow", self.allow[scope["path_template"]])]
                message["headers"] = _complete(list(message.get("headers", ())), own)
            await send(message)

        try:
            if not ours:
                await _answer(UnknownHost(), request_id, send_with_headers)
            elif b"%2f" in scope["raw_path"].lower():
                await _answer(NotFound(), request_id, send_with_headers)  # else it would be taken for a separator
            elif (preflight := self.cors.preflight(scope["method"], request, cors)) is not None:
                own += preflight[len(cors) :]
                await send_with_headers({"type": "http.response.start", "status": 204, "headers": []})
                await send_with_headers({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            _log(scope, status, started, request_id)

    def _ours(self, hosts: list[str]) -> bool:
        """Whether the one `Host` is one of ours; none, several or a malformed one never are (RFC 9112, section 3.2)."""
        host = HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return False
        if self.any_host:
            return True
        name = (host["name"] or host["address"]).lower()
        parent = name.partition(".")[2]
        return name in self.hosts or (parent != "" and f"*.{parent}" in self.hosts)


def _request_id(request: Headers) -> str:
    given = request.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid4().hex


def _complete(headers: list[tuple[bytes, bytes]], own: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    return [*headers, *own, *((name, value) for name, value in SECURITY.items() if name not in given)]


async def _answer(problem: Problem, request_id: str, send: Send) -> None:
    body = document(problem, request_id)
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _drain(receive: Receive) -> None:
    """Read on for a while: a client that is still sending when the connection closes never sees the answer."""
    read = 0
    while read < MOST_TO_DRAIN:
        message = await receive()
        if message["type"] != "http.request":
            return
        read += len(message["body"])
        if not message["more_body"]:
            return


def _log(scope: HTTPScope, status: int, started: float, request_id: str) -> None:
    """One line a request. It names the route, never the path itself: a path is what somebody typed."""
    log.info(
        "request",
        extra={
            "method": scope["method"],
            "path": scope.get("path_template") or "-",
            "status": status,
            "ms": round((perf_counter() - started) * 1000, 1),
            "request_id": request_id,
        },
    )
