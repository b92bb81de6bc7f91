"""Requests that can be read in two ways, through real proxies: what a proxy refuses never reaches the server."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.hostile.access_log import TASKS, AccessLog, say
from tests.hostile.connection import Connection, request
from tests.hostile.payloads import CARRIERS, PAYLOADS, carriers, written
from tests.hostile.proxies import PROXIES, Proxy

THROUGH = [name for name in PAYLOADS if name != "head-no-version"]  # of which nginx makes a request without headers
WELL_FORMED = ["upgrade-not-asked-for", "coding-plain", "length-zeros", "chunk-zeros", "trailer-id"]
ENDLESS = ("chunk-32-bits", "chunk-64-bits-minus")  # whose chunk never comes whole
OTHERS = 2  # requests of another client behind each payload: the proxy keeps several connections to the server


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, access_log: AccessLog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Each kind of proxy in turn, before the server that only these tests talk to."""
    with Proxy(request.param, tmp_path_factory.mktemp("proxy"), access_log.server.port) as running:
        yield running


def through(proxy: Proxy, access_log: AccessLog, pieces: list[bytes], *, whole: bool = True) -> bytes:
    """Send these pieces to a proxy and a last request behind. Return all it says, which need not be HTTP."""
    last = request("GET", "/health/live", f"X-Request-ID: {access_log.new_id('last')}", "Connection: close")
    with Connection(proxy.port) as connection, suppress(ConnectionError):
        say(connection, [*pieces[:-1], pieces[-1] + last])
        if not whole:
            connection.socket.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.socket.recv(65_536), b""))
    return b""


@pytest.mark.parametrize("name", THROUGH)
def test_a_hidden_request_goes_past_no_rule_and_to_no_other_client(access_log: AccessLog, proxy: Proxy, name: str):
    task = access_log.new_task()
    hidden = request("DELETE", f"{TASKS}/{task}", "X-Request-ID: hidden")
    for carrier in carriers(name):
        through(proxy, access_log, written(name, carrier, access_log.new_id(name), hidden), whole=name not in ENDLESS)
        for _ in range(OTHERS):
            access_log.can_read(proxy.url, task)
    access_log.check()


@pytest.mark.parametrize("name", WELL_FORMED)
def test_a_well_formed_request_reaches_the_server_once(access_log: AccessLog, proxy: Proxy, name: str):
    task = access_log.new_task()
    hidden = request("DELETE", f"{TASKS}/{task}", "X-Request-ID: hidden")
    for carrier in CARRIERS:
        sent = access_log.new_id(name)
        through(proxy, access_log, written(name, carrier, sent, hidden))
        access_log.check()
        assert access_log.answered(sent)
    access_log.can_read(proxy.url, task)


def test_the_proxy_itself_refuses_to_delete(access_log: AccessLog, proxy: Proxy):
    task = access_log.new_task()
    said = through(proxy, access_log, [request("DELETE", f"{TASKS}/{task}", "X-Request-ID: refused")])
    assert said.startswith(b"HTTP/1.1 403")
    access_log.can_read(proxy.url, task)
    access_log.check()
