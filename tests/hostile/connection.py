"""A connection on which anything can be sent, in any pieces, and every answer be read."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.server import Server

PATIENCE = 30.0  # s: for an answer on a slow machine
JSON = "Content-Type: application/json"
TASK = b'{"title": "Hostile"}'


class Answer(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A connection to a server."""

    def __init__(self, server: Server | int, *, receive_buffer: int | None = None) -> None:
        port = server if isinstance(server, int) else server.port
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))

    def send(self, *pieces: bytes) -> Self:
        """Send pieces, each in a segment of its own."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            self.socket.sendall(piece)
        return self

    def flood(self, piece: bytes) -> None:
        """Send a piece again and again, up to 200 MB, until the server does not take any more."""
        with suppress(ConnectionError):
            for _ in range(200_000_000 // len(piece)):
                self.send(piece)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; ConnectionError when there is none any more."""
        response = HTTPResponse(self.socket, method=method)
        response.fp.close()
        response.fp = _Unbuffered(self.socket)  # type: ignore[assignment]
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def answers(self) -> Iterator[Answer]:
        """Every answer that still comes, until the server closes the connection."""
        while True:
            try:
                yield self.answer()
            except ConnectionError:
                return

    def closed(self) -> bool:
        """Whether the server closes the connection, without another byte."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Unbuffered:
    """A file over a socket that reads not a byte more than it is asked for: the next answer is behind this one."""

    def __init__(self, source: socket.socket) -> None:
        self.source = source

    def readline(self, limit: int = -1) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) != limit:
            line += self.read(1)
            if not line:
                return b""
        return line

    def read(self, size: int = -1) -> bytes:
        found = b""
        while len(found) != size:
            piece = self.source.recv(65536 if size < 0 else size - len(found))
            if not piece:
                break
            found += piece
        return found

    def readinto(self, buffer: bytearray) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def flush(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """The socket stays open."""


def request(method: str, target: str, *headers: str, body: bytes | None = None) -> bytes:
    """A request; with a body also its length and that it is JSON."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if body is not None:
        lines += [JSON, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def chunked(*chunks: bytes, trailers: str = "") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + f"0\r\n{trailers}\r\n".encode()


LIVE = request("GET", "/health/live")
CREATE = request("POST", "/tasks", body=TASK)
