"""The server takes every example of a request that the document shows; examples in schemas fit their schema."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import pytest

from tests.conftest import NO_TLS
from tests.contract.shape import resolved
from tests.database.clusters import ROLE, Postgres
from tests.server import ROOT, Server
from tests.v1.routes import ask, shown

DOCUMENT = resolved(json.loads((ROOT / "frontend" / "openapi.json").read_text()))
TASKS = "/api/v1/tasks"
ID, OTHER = "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0e", "01890a5d-ac96-7744-8d2a-6f3c1f6f9d0f"

type Part = dict[str, Any]


def requests() -> Iterator[Any]:
    """Each example of a request, as parameters of a test: its name, and the request of which it is a part."""
    seen: list[tuple[str, Part]] = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            for name, sent in sendings(operation):
                if (operation["operationId"], sent) in seen:
                    continue
                seen.append((operation["operationId"], sent))
                yield pytest.param(
                    method.upper(), path, operation, sent, id=f"{operation['operationId']} {name}".strip()
                )


def sendings(operation: Part) -> Iterator[tuple[str, Part]]:
    """What an operation can be sent, by a name that says which example it is about."""
    parameters = {(given["in"], given["name"]): examples(given) for given in operation.get("parameters", [])}
    path = {name: values[0] for (where, name), values in parameters.items() if where == "path"}
    whole = [(name, {"path": path, **body}) for name, body in bodies(operation)]
    yield from whole
    _, first = whole[0]
    for (where, name), values in parameters.items():
        for value in values:
            yield f"{name}={value}", first | {where: first.get(where, {}) | {name: value}}


def bodies(operation: Part) -> Iterator[tuple[str, Part]]:
    """The examples of a body, if there is to be one; and each with a member that has an example in the schema."""
    if "requestBody" not in operation:
        yield "", {}
        return
    content = operation["requestBody"]["content"]["application/json"]
    for name, body in zip(content.get("examples", {"": None}), shown(content), strict=True):
        yield name, {"body": body}
        if "operations" not in body:
            yield from ((f"{name} {member}", {"body": other}) for member, other in variants(content["schema"], body))
            continue
        kinds = content["schema"]["properties"]["operations"]["items"]["oneOf"]
        for place, given in enumerate(body["operations"]):
            [schema] = [kind for kind in kinds if kind["properties"]["op"]["const"] == given["op"]]
            for member, other in variants(schema, given):
                operations = [*body["operations"][:place], other, *body["operations"][place + 1 :]]
                yield f"{name} {place} {member}", {"body": {"operations": operations}}


def variants(schema: Part, body: Part) -> Iterator[tuple[str, Part]]:
    """A body with each example that the schema has for one of its members."""
    for name, member in schema["properties"].items():
        for value in member.get("examples", []):
            others = {"before", "after"} - {name} if name in ("before", "after") else set()
            yield name, {key: old for key, old in body.items() if key not in others} | {name: value}


def examples(parameter: Part) -> list[Any]:
    """Those of a parameter, and of its schema."""
    found = [example["value"] for example in parameter.get("examples", {}).values()]
    found += [parameter["example"]] if "example" in parameter else []
    return [*found, *(one for one in parameter["schema"].get("examples", []) if one not in found)]


@pytest.fixture(scope="module")
async def databases(embedded: Postgres) -> tuple[str, str]:
    """The URLs of two databases without a task: one for the server, and the one that it is made from."""
    return await embedded.create_migrated(), await embedded.create_migrated()


@pytest.fixture(scope="module")
def own_server(databases: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database each test gets anew: examples name changes by number, and no id is used twice."""
    with Server(tmp_path_factory.mktemp("examples"), DATABASE_URL=databases[0]) as running:
        yield running


@pytest.fixture
async def http(own_server: Server, databases: tuple[str, str], embedded: Postgres) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose log is empty."""
    used, template = (urlsplit(url).path.removeprefix("/") for url in databases)
    await embedded.admin(f"DROP DATABASE {used} WITH (FORCE)")
    await embedded.admin(f"CREATE DATABASE {used} OWNER {ROLE} TEMPLATE {template}")
    async with httpx.AsyncClient(base_url=own_server.url, timeout=30, verify=NO_TLS) as client:
        yield client


async def prepare(http: httpx.AsyncClient, name: str, body: Part) -> None:
    """Bring about what an operation is for: nothing, or two tasks, of which the first is open, done or in the trash."""
    operations = [given["op"] for given in body.get("operations", [])]
    if name in ("createTask", "addTask") or operations[:1] == ["create"]:
        return
    await there(http, ID)
    if name in ("reopenTask", "undoChange", "undoChanges") or "reopen" in operations:
        assert (await http.put(f"{TASKS}/{ID}/completion")).status_code == 200
    if name in ("restoreTask", "eraseTask") or "restore" in operations:
        assert (await http.delete(f"{TASKS}/{ID}")).status_code == 204
    await there(http, OTHER)


async def there(http: httpx.AsyncClient, task_id: str) -> None:
    """Add a task with that id."""
    assert (await http.post(TASKS, json={"id": task_id, "title": "Buy bread"})).status_code == 201


@pytest.mark.parametrize(("method", "path", "operation", "sent"), [*requests()])
async def test_the_server_takes_every_example(http, method: str, path: str, operation: Part, sent: Part):
    body = sent.get("body")
    await prepare(http, operation["operationId"], body or {})
    rest = {"params": sent.get("query"), "headers": sent.get("header")} | ({} if body is None else {"json": body})
    answer = await ask(http, method, path.format(**sent["path"]), operation, **rest)
    assert answer.is_success, answer.text


def test_each_operation_of_a_batch_has_an_example():
    content = DOCUMENT["paths"]["/api/v1/batch"]["post"]["requestBody"]["content"]["application/json"]
    kinds = content["schema"]["properties"]["operations"]["items"]["oneOf"]
    given = {operation["op"] for body in shown(content) for operation in body["operations"]}
    assert given == {kind["properties"]["op"]["const"] for kind in kinds}


def test_every_example_in_a_schema_fits_it():
    count = 0
    for schema in schemas(DOCUMENT):
        for example in schema["examples"]:
            jsonschema_rs.validate(schema, example)
            count += 1
    assert count


def schemas(part: Any) -> Iterator[Part]:
    """Every schema in a part of the document that has a list of examples."""
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from schemas(one)
