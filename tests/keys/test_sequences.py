"""However often keyed writes are sent, and in whatever order again, the outcome is that of each one sent once."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import clear
from tests.contract.expect import UNKNOWN
from tests.keys.conftest import alike, replayed
from tests.server import Server

type Write = tuple[str, int | None, dict[str, Any] | None]
type Step = Write | int
"""A write, or the number of an earlier one that is sent again."""

members = {"title": st.sampled_from(["a", "b", ""]), "description": st.sampled_from([None, "c"])}
creation = st.tuples(st.just("POST"), st.none(), st.fixed_dictionaries(members))
change = st.tuples(
    st.just("PUT"), st.integers(0, 3), st.fixed_dictionaries({}, optional=members | {"completed": st.booleans()})
)
deletion = st.tuples(st.just("DELETE"), st.integers(0, 3), st.none())
steps = st.lists(creation | creation | change | deletion | st.integers(0, 7), min_size=2, max_size=14)

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


class Client:
    """Sends writes with keys of its own; the n-th task is the n-th that it created."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.stem = uuid4()
        self.requests: list[tuple[str, str, dict[str, Any] | None]] = []
        self.answers: list[httpx.Response] = []
        self.created: list[str] = []

    def write(self, write: Write) -> None:
        """Send a write for the first time."""
        method, number, body = write
        task = self.created[number] if number is not None and number < len(self.created) else UNKNOWN
        self.requests.append((method, "/tasks" if number is None else f"/tasks/{task}", body))
        answer = self._send(len(self.requests) - 1)
        assert not replayed(answer)
        self.answers.append(answer)
        if answer.status_code == 201:
            self.created.append(answer.json()["id"])

    def again(self, number: int) -> None:
        """Send an earlier one again."""
        if self.requests:
            answer = self._send(number % len(self.requests))
            assert alike(answer, self.answers[number % len(self.requests)])
            assert replayed(answer)

    def seen(self) -> list[object]:
        """All that came of it, with numbers for ids and without times, which differ from run to run."""
        answers: list[object] = [[answer.status_code, self._shown(answer)] for answer in self.answers]
        return [*answers, *map(self._plain, self.http.get("/tasks").json())]

    def _send(self, number: int) -> httpx.Response:
        method, path, body = self.requests[number]
        headers = {"idempotency-key": f"{self.stem}-{number}", "x-request-id": "the-same"}
        return self.http.request(method, path, json=body, headers=headers)

    def _shown(self, answer: httpx.Response) -> object:
        return self._plain(answer.json()) if answer.content and answer.status_code < 300 else answer.text

    def _plain(self, task: dict[str, Any]) -> list[object]:
        return [self.created.index(task["id"]), task["title"], task["description"], task["completed"]]


@SETTINGS
@given(steps=steps)
def test_sent_again_is_sent_once(server: Server, steps: Sequence[Step]):
    with httpx.Client(base_url=server.url, timeout=30) as http:
        runs = []
        for repeating in (True, False):
            asyncio.run(clear(server))
            client = Client(http)
            for step in steps:
                if not isinstance(step, int):
                    client.write(step)
                elif repeating:
                    client.again(step)
            runs.append(client.seen())
    assert runs[0] == runs[1]
