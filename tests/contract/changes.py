"""Changes of the frozen document: every kind of break, and what may be added."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.shape import Document

FROZEN: Document = json.loads((Path(__file__).parent / "baseline.openapi.json").read_text())
LIST, CREATE = ("/tasks", "get"), ("/tasks", "post")
UPDATE, DELETE = ("/tasks/{task_id}", "put"), ("/tasks/{task_id}", "delete")
HEALTH = ("/health", "get")
GONE = object()

type Change = Callable[[Document], None]


def operation(document: Document, which: tuple[str, str]) -> Document:
    found: Document = document["paths"][which[0]][which[1]]
    return found


def sent(document: Document, which: tuple[str, str]) -> Document:
    """The schema of what clients send."""
    found: Document = operation(document, which)["requestBody"]["content"]["application/json"]["schema"]
    return found


def answer(document: Document, which: tuple[str, str], status: str) -> Document:
    """The schema of what clients get."""
    [content] = operation(document, which)["responses"][status]["content"].values()
    found: Document = content["schema"]
    return found


def put(place: Callable[[Document], Any], **values: Any) -> Change:
    """Change some members of a place in the document; `GONE` takes them away."""

    def change(document: Document) -> None:
        for name, value in values.items():
            place(document).pop(name, None) if value is GONE else place(document).update({name: value})

    return change


def new_task(document: Document) -> Document:
    return answer(document, CREATE, "201")


def title(document: Document) -> Document:
    found: Document = sent(document, CREATE)["properties"]["title"]
    return found


def new_title(document: Document) -> Document:
    found: Document = new_task(document)["properties"]["title"]
    return found


def fault(document: Document) -> Document:
    """The schema of one fault in a 422."""
    found: Document = answer(document, CREATE, "422")["properties"]["detail"]["items"]
    return found


def rename(document: Document) -> None:
    document["paths"]["/todos"] = document["paths"].pop("/tasks")


def rename_member(document: Document) -> None:
    members = new_task(document)["properties"]
    members["done"] = members.pop("completed")


def forget(required: str) -> Change:
    def change(document: Document) -> None:
        new_task(document)["required"].remove(required)

    return change


def other_media_type(which: tuple[str, str], part: Callable[[Document], Document]) -> Change:
    def change(document: Document) -> None:
        content = part(operation(document, which))["content"]
        content["application/x"] = content.pop(next(iter(content)))

    return change


def parameter(**values: Any) -> Change:
    def change(document: Document) -> None:
        operation(document, LIST).setdefault("parameters", []).append({"schema": {"type": "string"}, **values})

    return change


BREAKS: dict[str, tuple[Change, str]] = {
    "path renamed": (rename, "/tasks: is gone"),
    "operation gone": (put(lambda d: d["paths"]["/tasks"], post=GONE), "POST /tasks: is gone"),
    "operationId changed": (put(lambda d: operation(d, LIST), operationId="tasks"), "operationId was listTasks"),
    "operationId gone": (put(lambda d: operation(d, HEALTH), operationId=GONE), "operationId was getHealth"),
    "member of a task renamed": (rename_member, "POST /tasks 201.completed: is gone"),
    "member of a task added": (put(lambda d: new_task(d)["properties"], list_id={}), "201.list_id: is new"),
    "member of a task no longer required": (forget("title"), "201.title: is no longer required"),
    "member of a listed task gone": (
        put(lambda d: answer(d, LIST, "200")["items"]["properties"], description=GONE),
        "GET /tasks 200[].description: is gone",
    ),
    "id a number": (put(lambda d: new_task(d)["properties"]["id"], type="integer"), "201.id: is no longer string"),
    "title nullable": (put(new_title, type=["string", "null"]), "201.title: may now be null"),
    "description never null": (
        put(lambda d: new_task(d)["properties"], description={"type": "string"}),
        "201.description: is no longer null",
    ),
    "completed of another type": (
        put(lambda d: new_task(d)["properties"]["completed"], type="string"),
        "201.completed: is no longer boolean",
    ),
    "time of another format": (
        put(lambda d: new_task(d)["properties"]["created_at"], format="date"),
        "201.created_at: promises less",
    ),
    "list wrapped": (put(lambda d: answer(d, LIST, "200"), type="object"), "GET /tasks 200: is no longer array"),
    "health in other words": (
        put(lambda d: answer(d, HEALTH, "200")["properties"]["status"], const="ok", enum=GONE),
        "GET /health 200.status: promises less",
    ),
    "unhealthy without status": (
        put(lambda d: answer(d, HEALTH, "503")["properties"], status=GONE),
        "GET /health 503.status: is gone",
    ),
    "member sent renamed": (
        put(lambda d: sent(d, UPDATE)["properties"], completed=GONE, done={"type": "boolean"}),
        "PUT /tasks/{task_id} body.completed: is gone",
    ),
    "member sent now required": (
        put(lambda d: sent(d, CREATE), required=["title", "description"]),
        "POST /tasks body.description: is now required",
    ),
    "member sent added": (put(lambda d: sent(d, CREATE)["properties"], completed={}), "body.completed: is new"),
    "null no longer taken": (
        put(lambda d: sent(d, UPDATE)["properties"], title={"type": "string"}),
        "body.title: is no longer null",
    ),
    "shorter title": (put(title, maxLength=100), "body.title: asks more than it did: maxLength was 200, became 100"),
    "longer title wanted": (put(title, minLength=2), "body.title: asks more than it did: minLength was 1, became 2"),
    "other pattern": (put(title, pattern="^[a-z]*$"), "body.title: asks more than it did: pattern"),
    "title of a list": (put(title, enum=["a", "b"]), "body.title: asks more than it did: enum"),
    "title of a format": (put(title, format="email"), "body.title: asks more than it did: format"),
    "unknown members refused": (put(lambda d: sent(d, CREATE), additionalProperties=False), "additionalProperties"),
    "a rule that cannot be compared": (put(title, **{"not": {"const": "x"}}), "body.title: asks more than it did: not"),
    "two ways to be a task": (
        put(lambda d: operation(d, CREATE)["responses"]["201"]["content"]["application/json"],
            schema={"oneOf": [new_task(FROZEN), {"type": "object"}]}),
        "POST /tasks 201.id: is gone",
    ),
    "body of another type": (
        other_media_type(CREATE, lambda o: o["requestBody"]),
        "POST /tasks body: application/json is gone",
    ),
    "answer of another type": (
        other_media_type(LIST, lambda o: o["responses"]["200"]),
        "GET /tasks 200: application/json is gone",
    ),
    "body gone": (put(lambda d: operation(d, UPDATE), requestBody=GONE), "PUT /tasks/{task_id} body: is gone"),
    "body required": (put(lambda d: operation(d, DELETE), requestBody={"required": True}), "body: is now required"),
    "another success": (put(lambda d: operation(d, CREATE)["responses"], **{"202": {}}), "POST /tasks 202: is new"),
    "success gone": (put(lambda d: operation(d, DELETE)["responses"], **{"204": GONE}), "204: is gone"),
    "error gone": (put(lambda d: operation(d, UPDATE)["responses"], **{"404": GONE}), "404: is gone"),
    "no content becomes content": (
        put(lambda d: operation(d, DELETE)["responses"]["204"], content={"application/json": {}}),
        "204: application/json is new",
    ),
    "error without detail": (put(lambda d: answer(d, UPDATE, "404")["properties"], detail=GONE), "404.detail: is gone"),
    "detail of a 422 a text": (
        put(lambda d: answer(d, CREATE, "422")["properties"]["detail"], type="string", items=GONE, minItems=GONE),
        "POST /tasks 422.detail: is no longer array",
    ),
    "detail of a 404 a list": (
        put(lambda d: answer(d, DELETE, "404")["properties"]["detail"], type="array"),
        "DELETE /tasks/{task_id} 404.detail: is no longer string",
    ),
    "fault without place": (put(lambda d: fault(d)["properties"], loc=GONE), "422.detail[].loc: is gone"),
    "fault with less": (put(fault, required=["loc", "msg"]), "422.detail[].type: is no longer required"),
    "error of another type": (
        other_media_type(UPDATE, lambda o: o["responses"]["422"]),
        "PUT /tasks/{task_id} 422: application/json is gone",
    ),
    "parameter required": (parameter(name="page", required=True, **{"in": "query"}), "query page: is now required"),
    "header required": (parameter(name="If-Match", required=True, **{"in": "header"}), "header If-Match: is now"),
    "id narrowed": (
        put(lambda d: operation(d, DELETE)["parameters"][0]["schema"], format="uuid"),
        "path task_id: asks more than it did: format",
    ),
    "id renamed": (put(lambda d: operation(d, DELETE)["parameters"][0], name="id"), "path task_id: is gone"),
}  # fmt: skip

ALLOWED: dict[str, Change] = {
    "nothing": lambda document: None,
    "longer title": put(title, maxLength=500),
    "title without pattern": put(title, pattern=GONE),
    "null taken for a title": put(title, type=["string", "null"]),
    "member no longer required": put(lambda d: sent(d, CREATE), required=[]),
    "optional query parameter": parameter(name="page", **{"in": "query"}),
    "optional header": parameter(name="If-Match", required=False, **{"in": "header"}),
    "another error": put(lambda d: operation(d, UPDATE)["responses"], **{"412": {"description": "Changed"}}),
    "more beside detail": put(lambda d: answer(d, UPDATE, "404")["properties"], hint={"type": "string"}),
    "more beside a fault": put(lambda d: fault(d)["properties"], input={"type": "string"}),
    "other words": put(lambda d: operation(d, LIST), description="Other", summary="Other", tags=["Other"]),
    "an example": put(title, examples=["Milk"]),
    "another path": put(lambda d: d["paths"], **{"/api/v1/tasks": {}}),
    "another operation": put(lambda d: d["paths"]["/tasks"], head={"responses": {}}),
    "another type of body": lambda d: operation(d, CREATE)["requestBody"]["content"].update({"text/plain": {}}),
    "a tighter promise": put(new_title, maxLength=200),
}
