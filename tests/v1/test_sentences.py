"""A refusal says where in the request something is wrong, and what was expected there."""

import pytest

from tests.contract.expect import refused
from tests.v1.routes import operations
from tests.v1.using import batch

UUID4 = "9b2d51f0-7c66-4c66-8d2a-6f3c1f6f9d0e"
MEMBERS = [
    ({"title": "x", "id": UUID4}, "id: expected a UUID of version 7"),
    ({"title": "x", "id": "x"}, "id: expected a UUID of version 7"),
    ({"title": "\0"}, "title: expected text without NUL characters"),
    ({"title": "x", "description": "a\0"}, "description: expected text without NUL characters"),
    ({"title": ""}, "title: expected text of at least 1 character"),
    ({"title": "x" * 201}, "title: expected text of at most 200 characters"),
]
TASKS, HISTORY = "/api/v1/tasks", "/api/v1/tasks/{id}/history"
PARAMETERS = [
    (TASKS, "limit", "0", "expected a whole number of at least 1"),
    (TASKS, "limit", "201", "expected a whole number of at most 200"),
    (TASKS, "limit", "1.0", "expected a whole number"),
    (TASKS, "limit", "null", "expected a whole number"),
    (TASKS, "sort", "colour", "unknown value 'colour'"),
    (TASKS, "completed", "yes", "unknown value 'yes'"),
    (TASKS, "q", "", "expected text of at least 1 character"),
    (TASKS, "q", "x" * 201, "expected text of at most 200 characters"),
    (TASKS, "q", "\0", "expected text without NUL characters"),
    (TASKS, "updated_since", "yesterday", "expected a time with an offset, such as 2026-01-01T10:00:00Z"),
    (TASKS, "updated_since", "2" * 41, "expected text of at most 40 characters"),
    ("/api/v1/tasks/trash", "limit", "0", "expected a whole number of at least 1"),
    ("/api/v1/changes", "limit", "1001", "expected a whole number of at most 1000"),
    (HISTORY, "limit", "-1", "expected a whole number of at least 1"),
]


@pytest.mark.parametrize(("body", "said"), MEMBERS)
async def test_each_pattern_has_a_sentence_of_its_own(client, body, said: str):
    assert refused(await client.post(TASKS, json=body), 422)["detail"] == said
    problem = refused(await batch(client, {"op": "create", **body}), 422)
    assert problem["detail"] == f"operations[0].{said}"


@pytest.mark.parametrize(("path", "name", "value", "said"), PARAMETERS)
async def test_a_wrong_query_parameter_is_named(client, task, path: str, name: str, value: str, said: str):  # noqa: PLR0917
    problem = refused(await client.get(path.format(id=task["id"]), params={name: value}), 422)
    assert (problem["type"], problem["title"]) == ("invalid", "The request is not valid")
    assert problem["detail"] == f"Query parameter {name}: {said}"


@pytest.mark.parametrize("path", [TASKS, HISTORY, "/api/v1/changes", "/api/v1/snapshot", "/api/v1/changes/stream"])
async def test_a_query_parameter_that_nobody_knows_or_that_is_there_twice_is_named(client, task, path: str):
    address = path.format(id=task["id"])
    assert refused(await client.get(f"{address}?colour=red"), 422)["detail"] == "Unknown query parameter: colour"
    if path in {TASKS, HISTORY, "/api/v1/changes"}:
        problem = refused(await client.get(f"{address}?limit=1&limit=2"), 422)
        assert problem["detail"] == "Query parameter limit: expected once"


@pytest.mark.parametrize(("method", "path", "operation"), [case for case in operations() if case.values[0] == "GET"])
async def test_what_is_documented_of_a_read_that_is_refused_speaks_of_its_query(method: str, path: str, operation):
    refusal = operation["responses"].get("422", {"description": "", "content": {}})
    assert "body" not in refusal["description"], (method, path)
    for media in refusal["content"].values():
        for example in media["examples"].values():
            assert example["value"]["detail"].startswith("Query parameter "), (method, path)
