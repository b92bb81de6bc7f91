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
        return answer(connection, data.partition(b" ")[0].decode())


def answer(connection: socket.socket, method: str) -> httpx.Response:
    """What comes next on a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    return httpx.Response(response.status, headers=response.getheaders(), content=response.read())
