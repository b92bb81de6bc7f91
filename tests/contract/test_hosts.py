"""A `Host` that is not ours is 400, so that a foreign name that points here (DNS rebinding) opens nothing."""

import pytest

from tests.contract import wire
from tests.contract.expect import Task, refused
from tests.server import Server

FOREIGN = [
    *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost"),
    *("localhost@evil.example", "evil.example@localhost", "localhost,evil.example", "localhost evil.example"),
    *("127.1", "2130706433", "0x7f000001", "127.0.0.2", "0.0.0.0", "10.0.0.1", "[::2]", "[::ffff:127.0.0.1]"),
    *("0", "*", "xn--localhost", "%6cocalhost", "\u0131ocalhost", "\udcff", "é"),
]
MALFORMED = [
    *("", " ", ":", ":8000", ".", "localhost:", "localhost:port", "localhost:80:80", "localhost:-1", "localhost:8000x"),
    *("[", "]", "[]", "[::1", "::1]", "]localhost[", "[localhost]", "[127.0.0.1]", "http://localhost", "localhost/"),
    *("localhost/tasks", "localhost?", "localhost#", "localhost\\", "127.0.0.1:99999999", "x" * 5_000),
]
OURS = ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"]


@pytest.mark.parametrize("target", ["/tasks", "/health", "/health/live", "/", "/docs", "/openapi.json", "/nowhere"])
async def test_a_foreign_host_gets_nothing(server: Server, target: str):
    refused(wire.exchange(server.url, wire.request("GET", target, host="evil.example")), 400)


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_host_that_is_not_ours_is_refused(server: Server, host: str):
    refused(wire.exchange(server.url, wire.request("GET", "/tasks", host=host)), 400)


@pytest.mark.parametrize("host", [host for host in MALFORMED if host != "localhost:"])
async def test_a_malformed_host_is_refused(server: Server, host: str):
    refused(wire.exchange(server.url, wire.request("GET", "/tasks", host=host)), 400)


async def test_a_missing_host_is_refused(server: Server):
    refused(wire.exchange(server.url, wire.request("GET", "/tasks", host=None)), 400)
    refused(wire.exchange(server.url, b"GET /tasks HTTP/1.0\r\n\r\n"), 400)


@pytest.mark.parametrize("hosts", [("localhost", "evil.example"), ("evil.example", "localhost")])
async def test_two_hosts_are_refused(server: Server, hosts: tuple[str, str]):
    request = wire.request("GET", "/tasks", f"Host: {hosts[1]}", host=hosts[0])
    refused(wire.exchange(server.url, request), 400)


@pytest.mark.parametrize("host", OURS)
async def test_our_own_names_are_answered_with_and_without_port(server: Server, host: str):
    request = wire.request("GET", "/tasks", host=host.format(port=server.port))
    assert wire.exchange(server.url, request).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_foreign_host_changes_nothing(client, task: Task, method: str):
    path = "/tasks" if method == "POST" else f"/tasks/{task['id']}"
    refused(await client.request(method, path, json={"title": "Changed"}, headers={"host": "evil.example"}), 400)
    assert (await client.get("/tasks")).json() == [task]
