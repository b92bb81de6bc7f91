"""Whether an OpenAPI document still keeps the frozen contract: what would an older client stumble over?

More may be accepted, and optional headers, optional query parameters and descriptions of errors may be added.
"""

from collections.abc import Iterator
from typing import Any

from tests.contract.schemas import Sent
from tests.contract.schemas import breaks as schema_breaks

type Document = dict[str, Any]

BASELINE = ("/tasks", "/tasks/{task_id}", "/health")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def breaks(frozen: Document, current: Document) -> list[str]:
    """Every way in which the current document breaks the baseline part of the frozen one, as sentences."""
    before, now = resolved(frozen)["paths"], resolved(current)["paths"]
    return [found for path in BASELINE for found in _path(before[path], now.get(path), path)]


def resolved(document: Document) -> Document:
    """The document with every reference replaced by what it refers to."""

    def resolve(part: Any) -> Any:
        if isinstance(part, dict) and "$ref" in part:
            found: Any = document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/").replace("~0", "~")]
            return resolve(found) | {name: value for name, value in part.items() if name != "$ref"}
        if isinstance(part, dict):
            return {name: resolve(value) for name, value in part.items()}
        return [resolve(value) for value in part] if isinstance(part, list) else part

    resolved: Document = resolve(document)
    return resolved


def _path(before: Document, now: Document | None, path: str) -> Iterator[str]:
    if now is None:
        yield f"{path}: is gone"
        return
    for method in METHODS:
        where = f"{method.upper()} {path}"
        if method in before and method not in now:
            yield f"{where}: is gone"
        elif method in before:
            parameters = {"parameters": [*before.get("parameters", []), *before[method].get("parameters", [])]}
            parameters_now = {"parameters": [*now.get("parameters", []), *now[method].get("parameters", [])]}
            yield from _operation(before[method] | parameters, now[method] | parameters_now, where)


def _operation(before: Document, now: Document, where: str) -> Iterator[str]:
    if before.get("operationId") != now.get("operationId"):
        yield f"{where}: operationId was {before.get('operationId')}, became {now.get('operationId')}"
    yield from _parameters(before, now, where)
    yield from _request(before.get("requestBody"), now.get("requestBody"), where)
    yield from _responses(before["responses"], now.get("responses", {}), where)


def _parameters(before: Document, now: Document, where: str) -> Iterator[str]:
    was, became = ({(each["in"], each["name"]): each for each in side["parameters"]} for side in (before, now))
    for place, name in sorted(was.keys() - became.keys()):
        yield f"{where} {place} {name}: is gone"
    for key in sorted(became):
        place, name = key
        if became[key].get("required") and not was.get(key, {}).get("required"):
            yield f"{where} {place} {name}: is now required"
        if key in was:
            schemas = was[key].get("schema", {}), became[key].get("schema", {})
            yield from schema_breaks(*schemas, Sent.BY_CLIENTS, f"{where} {place} {name}")


def _request(before: Document | None, now: Document | None, where: str) -> Iterator[str]:
    if before is None:
        if now and now.get("required"):
            yield f"{where} body: is now required"
        return
    if now is None:
        yield f"{where} body: is gone"
        return
    if now.get("required") and not before.get("required"):
        yield f"{where} body: is now required"
    yield from _content(before, now, Sent.BY_CLIENTS, f"{where} body")


def _responses(before: Document, now: Document, where: str) -> Iterator[str]:
    for status in sorted(before.keys() - now.keys()):
        yield f"{where} {status}: is gone"
    for status in sorted(now.keys() - before.keys()):
        if status[0] in "123d":  # `default` too could be a success
            yield f"{where} {status}: is new; the contract allows no more successes"
    for status in sorted(before.keys() & now.keys()):
        sent = Sent.BY_US if status[0] == "2" else Sent.BY_US_AND_MORE_MAY_COME
        yield from _content(before[status], now[status], sent, f"{where} {status}")


def _content(before: Document, now: Document, sent: Sent, where: str) -> Iterator[str]:
    was, became = before.get("content", {}), now.get("content", {})
    for kind in sorted(was.keys() - became.keys()):
        yield f"{where}: {kind} is gone"
    if sent is not Sent.BY_CLIENTS:
        for kind in sorted(became.keys() - was.keys()):
            yield f"{where}: {kind} is new; clients cannot read it"
    for kind in sorted(was.keys() & became.keys()):
        yield from schema_breaks(was[kind].get("schema", {}), became[kind].get("schema", {}), sent, where)
