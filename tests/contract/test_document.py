"""The OpenAPI document says what the server does, and still what it said when the contract was frozen."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from tests.conftest import NO_TLS
from tests.contract.expect import JSON, UNKNOWN
from tests.contract.forwarder import Forwarder
from tests.contract.shape import breaks, resolved
from tests.server import DONEBOOK, ROOT, Server, environment

COMMITTED = ROOT / "frontend" / "openapi.json"
DOCUMENT = resolved(json.loads(COMMITTED.read_text()))
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
ANSWERS: list[tuple[str, int, str, str, dict[str, Any]]] = [
    ("listTasks", 200, "GET", "/tasks", {}),
    ("listTasks", 400, "GET", "/tasks", {"headers": {"host": "evil.example"}}),
    ("createTask", 201, "POST", "/tasks", {"json": {"title": "Buy milk", "description": "Two bottles"}}),
    ("createTask", 400, "POST", "/tasks", {"json": {}, "headers": {"host": "evil.example"}}),
    ("createTask", 413, "POST", "/tasks", {"content": b"x" * 1_100_000, "headers": JSON}),
    ("createTask", 415, "POST", "/tasks", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
    ("createTask", 422, "POST", "/tasks", {"json": {}}),
    ("createTask", 422, "POST", "/tasks", {}),
    ("updateTask", 200, "PUT", "/tasks/{id}", {"json": {"completed": True, "description": None}}),
    ("updateTask", 400, "PUT", "/tasks/{id}", {"json": {}, "headers": {"host": "evil.example"}}),
    ("updateTask", 404, "PUT", f"/tasks/{UNKNOWN}", {"json": {}}),
    ("updateTask", 413, "PUT", "/tasks/{id}", {"content": b"x" * 1_100_000, "headers": JSON}),
    ("updateTask", 415, "PUT", "/tasks/{id}", {"content": b"{}", "headers": {"content-type": "text/plain"}}),
    ("updateTask", 422, "PUT", "/tasks/{id}", {"json": {"completed": "yes"}}),
    ("deleteTask", 204, "DELETE", "/tasks/{id}", {}),
    ("deleteTask", 404, "DELETE", "/tasks/1", {}),
    ("getHealth", 200, "GET", "/health", {}),
    ("getLiveness", 200, "GET", "/health/live", {}),
    ("getReadiness", 200, "GET", "/health/ready", {}),
]
UNAVAILABLE = [
    ("listTasks", "GET", "/tasks"),
    ("createTask", "POST", "/tasks"),
    ("updateTask", "PUT", f"/tasks/{UNKNOWN}"),
    ("deleteTask", "DELETE", f"/tasks/{UNKNOWN}"),
    ("getHealth", "GET", "/health"),
    ("getReadiness", "GET", "/health/ready"),
]


def test_the_committed_document_is_exactly_what_the_code_says(tmp_path: Path):
    written = tmp_path / "openapi.json"
    command = [str(DONEBOOK), "schema", "openapi", "--output", str(written)]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True, capture_output=True)
    assert written.read_bytes() == COMMITTED.read_bytes()


def test_writing_the_document_starts_no_database(tmp_path: Path):
    command = [str(DONEBOOK), "schema", "openapi", "--output", str(tmp_path / "openapi.json")]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True, capture_output=True)
    assert [found.name for found in tmp_path.iterdir()] == ["openapi.json"]


async def test_the_served_document_is_the_committed_one(client):
    answer = await client.get("/openapi.json")
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert answer.json() == json.loads(COMMITTED.read_text())


def test_the_frozen_contract_is_kept():
    frozen = json.loads((Path(__file__).parent / "baseline.openapi.json").read_text())
    assert breaks(frozen, DOCUMENT) == []


def test_the_document_is_valid_openapi_3_1():
    found = [f"{list(error.instance_path)}: {error.message}" for error in OPENAPI_31_VALIDATOR.iter_errors(DOCUMENT)]
    assert found == []


def test_names_are_concrete_and_say_nothing_of_our_modules():
    for name in json.loads(COMMITTED.read_text())["components"]["schemas"]:
        assert name.isidentifier()
        assert "donebook" not in name.lower()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_operation_says_what_it_is_for(operation: dict[str, Any]):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_whatever_is_sent_and_answered_has_examples_that_are_right(operation: dict[str, Any]):
    parts = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in [content for part in parts for content in part.get("content", {}).values()]:
        examples = [example["value"] for example in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples
        for example in examples:
            jsonschema_rs.validate(content["schema"], example)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_documented_error_is_of_the_first_server_or_a_problem_document_or_a_state_of_health(
    operation: dict[str, Any],
):
    errors = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
    assert errors
    for status, answer in errors.items():
        [(kind, content)] = answer["content"].items()
        state = operation["tags"] == ["Health"] and status == "503"
        frozen = operation["tags"] == ["Tasks"]
        assert kind == ("application/json" if state or frozen else "application/problem+json")
        assert (content["schema"]["properties"]["detail"]["type"] == "array") is (frozen and status == "422")
        assert "detail" in content["schema"]["required"]
        assert answer["description"]


@pytest.mark.parametrize("asked", ANSWERS, ids=lambda asked: f"{asked[0]}-{asked[1]}")
async def test_every_answer_is_as_documented(client, task, asked: tuple[str, int, str, str, dict[str, Any]]):
    name, status, method, path, options = asked
    answer = await client.request(method, path.format(id=task["id"]), **options)
    assert answer.status_code == status
    as_documented(name, answer)


@pytest.mark.parametrize(("name", "method", "path"), UNAVAILABLE)
async def test_the_answer_without_a_database_is_as_documented(
    forwarder: Forwarder, hurt: Server, name: str, method: str, path: str
):
    forwarder.cut()
    try:
        async with httpx.AsyncClient(base_url=hurt.url, timeout=30, verify=NO_TLS) as http:
            answer = await http.request(method, path, json={"title": "Buy milk"} if method in ("POST", "PUT") else None)
    finally:
        forwarder.mend()
    assert answer.status_code == 503
    as_documented(name, answer)


async def test_a_wrong_method_is_answered_like_any_other_error(client):
    for name, path in (("updateTask", "/tasks"), ("editTask", "/api/v1/tasks")):
        [content] = OPERATIONS[name]["responses"]["404"]["content"].values()
        jsonschema_rs.validate(content["schema"], (await client.request("TRACE", path)).json())


def as_documented(operation: str, answer: httpx.Response) -> None:
    """Check an answer against what the document says of its operation."""
    documented = OPERATIONS[operation]["responses"][str(answer.status_code)].get("content", {})
    if not documented:
        assert answer.content == b""
        return
    jsonschema_rs.validate(documented[answer.headers["content-type"]]["schema"], answer.json())
    undocumented = answer.json()[0] if isinstance(answer.json(), list) else answer.json()
    schema = documented[answer.headers["content-type"]]["schema"]
    assert set(undocumented) == set(schema.get("items", schema)["properties"])
