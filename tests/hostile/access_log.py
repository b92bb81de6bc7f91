"""What a server says in its log that it has answered, against what was sent to it."""

import json
import time
from contextlib import suppress
from itertools import count

import httpx

from tests.conftest import NO_TLS
from tests.hostile.connection import PATIENCE, Connection
from tests.server import Server
from tests.waiting import wait_until

TASKS = "/api/v1/tasks"
PAUSE = 0.05  # s between two pieces, so that the first has been read when the second comes


class AccessLog:
    """The log of a server, in which there must be what was sent to it through this and nothing else."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(verify=NO_TLS, timeout=PATIENCE, limits=httpx.Limits(max_keepalive_connections=0))
        self.numbers = count(1)
        self.sent: set[str] = set()
        """The ids of requests that the log has not shown yet."""
        self.strange: list[str] = []
        """The ids that the log has shown without any having been sent, or again."""
        self.read = 0
        self.check(begun=False)

    def new_id(self, name: str) -> str:
        """An id for a request that is about to be sent."""
        request_id = f"{name}-{next(self.numbers)}"
        self.sent.add(request_id)
        return request_id

    def new_task(self) -> str:
        """Add a task to the server, past every proxy; its id."""
        headers = {"x-request-id": self.new_id("guard")}
        made = self.client.post(f"{self.server.url}{TASKS}", json={"title": "Guarded"}, headers=headers)
        assert made.status_code == 201, made.text
        task_id: str = made.json()["id"]
        return task_id

    def can_read(self, url: str, task_id: str) -> None:
        """Let another client read a task, which must still be there."""
        request_id = self.new_id("other")
        headers = {"x-request-id": request_id}
        answer = self.client.get(f"{url}{TASKS}/{task_id}", headers=headers)
        assert (answer.status_code, answer.headers.get("x-request-id")) == (200, request_id), answer.text
        assert answer.json()["id"] == task_id

    def check(self, *, begun: bool = True) -> None:
        """Compare the log with what was sent: every request is there once at most, and no other since this began."""
        last = self.new_id("last")
        self.client.get(f"{self.server.url}/health/live", headers={"x-request-id": last})
        wait_until(lambda: self.answered(last))
        strange, self.strange = self.strange, []
        assert not (begun and strange), f"not sent, or not so often: {strange}"

    def answered(self, request_id: str) -> bool:
        """Whether the log says by now that a request was answered."""
        with self.server.output.open() as log:
            log.seek(self.read)
            while (line := log.readline()).endswith("\n"):
                self.read = log.tell()
                if line.startswith('{"event":"request"'):
                    shown = json.loads(line)["request_id"]
                    if shown not in self.sent:
                        self.strange.append(shown)
                    self.sent.discard(shown)
        return request_id not in self.sent


def say(connection: Connection, pieces: list[bytes]) -> None:
    """Send these pieces one after the other, until the other end closes the connection."""
    with suppress(ConnectionError):
        for number, piece in enumerate(pieces):
            time.sleep(PAUSE if number else 0)
            connection.send(piece)
