"""Clients of two processes, as a load balancer has them: another one is tried only when connecting is refused."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from threading import Event, Thread

CLIENTS = 12
BODY = json.dumps({"title": "Under way"})


class Client:
    """Adds tasks, one after another, on connections that it keeps for as long as the server does or on one for each."""

    def __init__(self, ports: list[int], *, keeping: bool) -> None:
        self.ports = ports
        self.headers = {"content-type": "application/json"} | ({} if keeping else {"connection": "close"})
        self.connection: HTTPConnection | None = None
        self.statuses: list[int] = []
        self.connections = 0
        self.failure: Exception | None = None

    def work(self, enough: Event) -> None:
        """Add tasks until it is enough, or one fails."""
        try:
            while not enough.is_set():
                self.add()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the test shows it
            self.failure = failure
        finally:
            if self.connection is not None:
                self.connection.close()

    def add(self) -> None:
        """Add one."""
        if self.connection is None:
            self.connection = self.connect()
        self.connection.request("POST", "/tasks", BODY, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        self.statuses.append(answer.status)
        if answer.will_close:
            self.connection.close()
            self.connection = None

    def connect(self) -> HTTPConnection:
        """A connection to the next one that takes it."""
        for attempt in range(len(self.ports)):
            self.connections += 1
            connection = HTTPConnection("127.0.0.1", self.ports[self.connections % len(self.ports)], timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:
                if attempt == len(self.ports) - 1:
                    raise
            else:
                connection.auto_open = 0
                return connection
        raise AssertionError("no ports")


def load(ports: list[int], during: Callable[[Callable[[], int]], None]) -> list[Client]:
    """What the clients have seen while something was done; it is given a count of the answers so far."""
    enough = Event()
    clients = [
        Client(ports[turn % len(ports) :] + ports[: turn % len(ports)], keeping=turn < CLIENTS // 2)
        for turn in range(CLIENTS)
    ]
    threads = [Thread(target=client.work, args=(enough,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        during(lambda: sum(len(client.statuses) for client in clients))
    finally:
        enough.set()
        for thread in threads:
            thread.join()
    return clients
