"""Requests that can be read in two ways, straight to the server: each is one request, or refused and the end."""

import pytest

from tests.hostile.access_log import TASKS, AccessLog, say
from tests.hostile.connection import JSON, Answer, Connection, chunked, request
from tests.hostile.payloads import PAYLOADS, TRAILERS, carriers, written

REFUSED = ("length", "coding")  # trailers that a parser may refuse instead (RFC 9112, section 7.1.2)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_hidden_request_is_never_answered(access_log: AccessLog, name: str):
    task = access_log.new_task()
    hidden = request("DELETE", f"{TASKS}/{task}", "X-Request-ID: hidden")
    for carrier in carriers(name):
        sent = access_log.new_id(name)
        is_one(access_log, sent, written(name, carrier, sent, hidden))
    access_log.can_read(access_log.server.url, task)
    access_log.check()


@pytest.mark.parametrize("name", TRAILERS)
def test_a_trailer_is_no_header(access_log: AccessLog, name: str):
    """Each would have a request refused, replayed, answered under another id or read by others if it were a header."""
    task = access_log.new_task()
    for title in ("One", "Two"):
        sent = access_log.new_id("trailer")
        head = request("PATCH", f"{TASKS}/{task}", f"X-Request-ID: {sent}", JSON, "Transfer-Encoding: chunked")
        body = chunked(b'{"title":', f'"{title}"}}'.encode(), trailers=f"{TRAILERS[name]}\r\n")
        edited = is_one(access_log, sent, [head + body])
        if name in REFUSED and edited.status == 400:
            continue
        assert (edited.status, edited.headers["x-request-id"], edited.json()["title"]) == (200, sent, title)
        assert "access-control-allow-origin" not in edited.headers
    access_log.check()


def is_one(access_log: AccessLog, sent: str, pieces: list[bytes]) -> Answer:
    """Send a request with another right behind it. Return the first answer.

    The answers are those of the two, in this order and no other, or end with a refusal; then the connection is closed.
    """
    probe = access_log.new_id("probe")
    last = request("GET", "/health/live", f"X-Request-ID: {probe}", "Connection: close")
    with Connection(access_log.server) as connection:
        say(connection, [*pieces[:-1], pieces[-1] + last])
        answers = list(connection.answers())
    assert answers
    ids = [answer.headers["x-request-id"] for answer in answers]
    if answers[-1].status >= 400 and ids[-1] not in (sent, probe):
        ids.pop()
    assert ids == [sent, probe][: len(ids)]
    return answers[0]
