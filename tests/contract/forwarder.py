"""A TCP relay in front of PostgreSQL that can be cut and mended, and that knows what went through it."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Forwarder:
    """Relays connections to the database of a URL. As a context it is closed at the end."""

    connections = 0
    """How many were made so far."""

    sent = 0
    """How many bytes clients sent so far."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (str(parts.hostname), int(parts.port or 5432))
        self.port = 0
        self.open: set[socket.socket] = set()
        self.turn = threading.Lock()
        self.mend()
        credentials = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))

    def mend(self) -> None:
        """Take connections, on the same port as ever."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.turn:
            for end in self.open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self.target)
                with self.turn:
                    self.connections += 1
                    self.open |= {client, server}
                ends = [
                    threading.Thread(target=self._relay, args=ends) for ends in ((client, server), (server, client))
                ]
                for thread in ends:
                    thread.daemon = True
                    thread.start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self.turn:
                    self.sent += len(data) if sink.getpeername() == self.target else 0
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        with self.turn:
            self.open.discard(source)
        source.close()
