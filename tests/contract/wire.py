"""HTTP as bytes on a socket: what no client library would send."""

import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx


def request(method: str, target: str, *headers: str, body: bytes = b"", host: str | None = "localhost") -> bytes:
    """A request that asks to close the connection; no `Host` when it is None."""
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close"]
    if host is not None:
        lines.insert(1, f"Host: {host}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def exchange(url: str, data: bytes) -> httpx.Response:
    """The answer to these bytes."""
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=30) as connection:
        connection.sendall(data)
        method, target, *_ = data.partition(b"\r\n")[0].split(b" ", 2)
        return answer(connection, method.decode(), target)


def answer(connection: socket.socket, method: str, target: bytes) -> httpx.Response:
    """What comes next on a connection, to a request for that target."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    asked = httpx.Request(method, "http://localhost", extensions={"target": target})
    return httpx.Response(response.status, headers=response.getheaders(), content=response.read(), request=asked)
