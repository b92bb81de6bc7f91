"""What is refused is refused as what it is: with a key, with a line break at its end, with a name of any size."""

import uuid

import pytest

from tests.keys.conftest import replayed

ID = "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e"
WRITES: list[tuple[str, str, object]] = [
    ("POST", "/api/v1/tasks", {"title": "x"}),
    ("PATCH", f"/api/v1/tasks/{ID}", {"title": "x"}),
    ("DELETE", f"/api/v1/tasks/{ID}", None),
    ("PUT", f"/api/v1/tasks/{ID}/completion", None),
    ("POST", f"/api/v1/tasks/{ID}/restore", None),
    ("POST", "/api/v1/batch", {"operations": []}),
    ("POST", "/api/v1/undo", {"first": 1, "last": 1}),
    ("POST", "/api/v1/changes/1/undo", None),
    ("DELETE", f"/api/v1/tasks/trash/{ID}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_parameter_that_is_not_known(client, server, method: str, path: str, body: object):
    """The refusal is remembered with the key, and the log tells nothing of it."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = await client.request(method, f"{path}?secretive=1", json=body, headers=headers)
    assert first.status_code == 422
    assert first.json()["detail"] == "Unknown query parameter: secretive"
    again = await client.request(method, f"{path}?secretive=1", json=body, headers=headers)
    assert again.status_code == 422
    other = await client.request(method, path, json=body, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "key-reused")
    assert not replayed(other)
    assert "secretive" not in server.log()


@pytest.mark.parametrize("ending", ["\n", "\r\n", " ", "\u2028"])
async def test_an_id_ends_with_its_last_digit(client, ending: str):
    for path, body in [
        ("/api/v1/tasks", {"title": "x", "id": ID + ending}),
        ("/api/v1/batch", {"operations": [{"op": "create", "title": "x", "id": ID + ending}]}),
        ("/api/v1/batch", {"operations": [{"op": "complete", "id": ID + ending}]}),
    ]:
        answer = await client.post(path, json=body)
        assert answer.status_code in (404, 422)
    for method, path in [
        ("GET", f"/api/v1/tasks/{ID}%0A"),
        ("POST", "/api/v1/changes/1%0A/undo"),
        ("GET", "/api/v1/changes?after=0%0A"),
        ("GET", "/api/v1/tasks?limit=5%0A"),
        ("GET", "/api/v1/tasks?updated_since=2026-01-01T10:00:00Z%0A"),
        ("GET", "/api/v1/tasks?sort=title%0A"),
        ("GET", "/api/v1/tasks?completed=true%0A"),
        ("GET", "/api/v1/tasks?cursor=abc%0A"),
    ]:
        answer = await client.request(method, path)
        assert answer.status_code in (400, 404, 422), (method, path)


@pytest.mark.parametrize("name", ["x" * 900_000, "x - at `$.operations[7]`", "\u0301" * 10_000])
async def test_a_long_name_is_not_said_back_whole(client, name: str):
    answer = await client.post("/api/v1/tasks", json={"title": "x", name: 1})
    assert answer.status_code == 422
    assert len(answer.content) < 4000


@pytest.mark.parametrize(
    "tags",
    [f'"1"{", " * 40}x', f"{', ' * 20_000}x", '"1" ,' * 12_000 + "x", f'"1"{chr(9) * 60_000}x', '"' * 60_000],
)
@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("DELETE", f"/api/v1/tasks/{ID}", "If-Match"),
        ("PATCH", f"/api/v1/tasks/{ID}", "If-Match"),
        ("POST", "/api/v1/changes/1/undo", "If-Match"),
    ],
)
async def test_preconditions_that_never_end(client, tags: str, method: str, path: str, header: str):
    body = {"title": "x"} if method == "PATCH" else None
    answer = await client.request(method, path, json=body, headers={header: tags})
    assert (answer.status_code, answer.json()["type"]) == (400, "bad-precondition")


async def test_the_same_for_reading(client, task):
    tags = f'"9"{", " * 20_000}x'
    answer = await client.get(f"/api/v1/tasks/{task['id']}", headers={"If-None-Match": tags})
    assert answer.status_code == 400
    answer = await client.get("/", headers={"If-None-Match": tags})
    assert answer.status_code == 200
