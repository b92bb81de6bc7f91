"""One keep-alive HTTP connection, with as little work of its own as possible: the server should be what is measured."""

import socket
from typing import Self

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


class Client:
    """A blocking client that knows just enough HTTP/1.1: answers must have a `Content-Length` or no body."""

    def __init__(self, host: str, port: int) -> None:
        self.host = f"{host}:{port}".encode()
        self.socket = socket.create_connection((host, port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """The status and the body of the answer.

        Raises:
            ConnectionError: when the server closes the connection instead.
        """
        head = b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (method.encode(), path.encode(), self.host)
        if body:
            head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        self.socket.sendall(head + b"\r\n" + body)
        received = self._receive()
        while (end := received.find(END_OF_HEAD)) < 0:
            received += self._receive()
        headers = received[:end].lower()
        start, length = end + len(END_OF_HEAD), 0
        if (found := headers.find(LENGTH)) >= 0:
            length = int(headers[found + len(LENGTH) :].split(b"\r\n", 1)[0])
        parts, missing = [received[start:]], length - (len(received) - start)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        return int(received[9:12]), b"".join(parts)

    def _receive(self) -> bytes:
        if not (data := self.socket.recv(1 << 20)):
            raise ConnectionError("the server closed the connection")
        return data

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
