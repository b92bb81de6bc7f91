"""A body that is not `application/json` is 415, so that a page on a foreign origin cannot write without asking."""

import httpx
import pytest

from tests.contract.expect import UNKNOWN, Task, refused

BODY = b'{"title": "Changed"}'
OTHERS = [
    *("text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "text/html", "text/json"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "application/octet-stream", "application/xml"),
    *("application/jsonx", "application/json-patch+json", "application/merge-patch+json", "application/problem+json"),
    *("application/x-json", "application", "json", "*/*", "application/*", "", ";", "application/json, text/plain"),
    *("text/plain, application/json", "text/plain; application/json", "application/ json", "x" * 5_000),
]


@pytest.fixture(params=["POST", "PUT"])
def send(request: pytest.FixtureRequest, client: httpx.AsyncClient, task: Task):
    path = "/tasks" if request.param == "POST" else f"/tasks/{task['id']}"

    async def send(body: bytes, headers: dict[str, str]) -> httpx.Response:
        return await client.request(request.param, path, content=body, headers=headers)

    return send


@pytest.mark.parametrize("media_type", OTHERS, ids=lambda media_type: media_type[:40])
async def test_another_content_type_is_refused_and_changes_nothing(client, send, task: Task, media_type: str):
    refused(await send(BODY, {"content-type": media_type}), 415)
    assert (await client.get("/tasks")).json() == [task]


async def test_no_content_type_is_refused(client, send, task: Task):
    refused(await send(BODY, {}), 415)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize(
    "media_type",
    [
        *("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"),
        *("Application/JSON", 'application/json; charset="utf-8"', "application/json ; charset=utf-8"),
        "application/json; profile=x; charset=utf-8",
    ],
)
async def test_json_is_taken_however_its_content_type_is_spelt(send, media_type: str):
    answer = await send(BODY, {"content-type": media_type})
    assert answer.status_code in (200, 201)
    assert answer.json()["title"] == "Changed"


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b'{"title": ""}'])
async def test_the_content_type_is_looked_at_before_what_is_in_the_body(send, body: bytes):
    refused(await send(body, {"content-type": "text/plain"}), 415)


async def test_the_content_type_is_looked_at_before_the_id(client):
    refused(await client.put(f"/tasks/{UNKNOWN}", content=BODY, headers={"content-type": "text/plain"}), 415)
