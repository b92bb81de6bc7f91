"""What is not in the table is 405, with `Allow`; never 500."""

import httpx
import pytest

from tests.contract import wire
from tests.contract.expect import UNKNOWN, Task, refused
from tests.server import Server

ALLOWED = {"/tasks": {"GET", "HEAD", "POST"}, "/tasks/{id}": {"PUT", "DELETE"}, "/health": {"GET", "HEAD"}}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "QUERY", "REPORT", "PURGE"]
NOT_ALLOWED = [(path, method) for path, allowed in ALLOWED.items() for method in METHODS if method not in allowed]


def allow(answer: httpx.Response) -> set[str]:
    return {method.strip() for method in answer.headers["allow"].split(",")}


async def test_there_is_no_single_read(client, task: Task):
    answer = await client.get(f"/tasks/{task['id']}")
    refused(answer, 405)
    assert allow(answer) >= {"PUT", "DELETE"}


@pytest.mark.parametrize("task_id", [UNKNOWN, "1", "not-a-uuid"])
async def test_there_is_no_single_read_of_what_does_not_exist(client, task_id: str):
    refused(await client.get(f"/tasks/{task_id}"), 405)


@pytest.mark.parametrize(("path", "method"), NOT_ALLOWED)
async def test_other_methods_are_405_and_say_which_are_allowed(client, path: str, method: str):
    answer = await client.request(method, path.format(id=UNKNOWN))
    if method == "HEAD":
        assert answer.status_code == 405
        assert answer.content == b""
    else:
        refused(answer, 405)
    assert allow(answer) - {"OPTIONS"} == ALLOWED[path]


@pytest.mark.parametrize("path", ALLOWED)
async def test_options_says_which_methods_are_allowed(client, path: str):
    answer = await client.options(path.format(id=UNKNOWN))
    assert answer.status_code == 204
    assert allow(answer) - {"OPTIONS"} == ALLOWED[path]


@pytest.mark.parametrize("method", ["BREW", "get", "Get", "X" * 200, "G\xc3T"])
async def test_a_method_that_nobody_knows_is_refused_and_the_server_lives(server: Server, method: str):
    answer = wire.exchange(server.url, wire.request(method, "/tasks"))
    assert answer.status_code in (400, 405, 501)
    assert isinstance(answer.json()["detail"], str)
    assert wire.exchange(server.url, wire.request("GET", "/health")).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_wrong_method_changes_nothing(client, task: Task, method: str):
    path = f"/tasks/{task['id']}" if method in ("POST", "PATCH") else "/tasks"
    refused(await client.request(method, path, json={"title": "Changed"}), 405)
    assert (await client.get("/tasks")).json() == [task]
