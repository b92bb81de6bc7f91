"""Whether a JSON Schema asks more, or promises less, than another did."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

type Schema = dict[str, Any]


class Sent(Enum):
    """Who sends what a schema describes, and so what must not happen to it."""

    BY_CLIENTS = "asks more than it did"
    BY_US = "promises less than it did"
    BY_US_AND_MORE_MAY_COME = "promises less than it did, "  # errors: more members may stand beside `detail`


PROSE = {"title", "description", "examples", "example", "deprecated", "$comment", "externalDocs"}
LOWEST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
HIGHEST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
APPLIES_TO = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "object": {"properties", "required", "additionalProperties", "minProperties", "maxProperties"},
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
}
SPECIAL = set().union(*APPLIES_TO.values())


def breaks(frozen: Schema, current: Schema, sent: Sent, where: str) -> Iterator[str]:
    """What in the current schema a client of the frozen one would stumble over, as sentences."""
    if frozen == current:
        return
    before, now = by_type(frozen), by_type(current)
    if gone := sorted(before.keys() - now.keys()):
        yield f"{where}: is no longer {' or '.join(gone)}"
    if sent is not Sent.BY_CLIENTS and (new := sorted(now.keys() - before.keys())):
        yield f"{where}: may now be {' or '.join(new)}"
    for kind in sorted(before.keys() & now.keys()):
        yield from _bounds(before[kind], now[kind], sent, where)
        yield from _members(before[kind], now[kind], sent, where)
    if "array" in before and "array" in now:
        yield from breaks(before["array"].get("items", {}), now["array"].get("items", {}), sent, f"{where}[]")


def by_type(schema: Schema) -> dict[str, Schema]:
    """What a schema says of each JSON type that it allows."""
    rest = {name: value for name, value in schema.items() if name not in {*PROSE, "oneOf", "anyOf", "type", "const"}}
    if "const" in schema:
        rest["enum"] = [schema["const"]]
    if variants := schema.get("oneOf") or schema.get("anyOf"):
        said = [(kind, rest | keywords) for variant in variants for kind, keywords in by_type(variant).items()]
        unclear = len(dict(said)) < len(said)  # two variants of one type: only an equal schema is surely as good
        return {kind: {"oneOf": variants} if unclear else keywords for kind, keywords in said}
    types = schema.get("type", TYPES)
    return {
        kind: {
            name: value for name, value in rest.items() if name in APPLIES_TO.get(kind, set()) or name not in SPECIAL
        }
        for kind in ([types] if isinstance(types, str) else types)
    }


def _bounds(before: Schema, now: Schema, sent: Sent, where: str) -> Iterator[str]:
    structure = {"properties", "required", "items"}
    for name in sorted((before.keys() | now.keys()) - structure):
        was, became = before.get(name), now.get(name)
        if was == became:
            continue
        tighter, looser = _moved(name, was, became)
        if tighter if sent is Sent.BY_CLIENTS else looser:
            yield f"{where}: {sent.value.strip(', ')}: {name} was {was}, became {became}"


def _moved(name: str, was: Any, became: Any) -> tuple[bool, bool]:
    """Whether a keyword is tighter than it was, and whether it is looser; what cannot be compared is both."""
    if name == "additionalProperties":
        return became is False, was is False
    if name == "enum" and was is not None and became is not None:
        return any(value not in became for value in was), any(value not in was for value in became)
    if was is None or became is None:
        return became is not None, was is not None
    if name in LOWEST:
        return became > was, became < was
    if name in HIGHEST:
        return became < was, became > was
    return True, True


def _members(before: Schema, now: Schema, sent: Sent, where: str) -> Iterator[str]:
    was, became = before.get("properties", {}), now.get("properties", {})
    needed_before, needed = set(before.get("required", ())), set(now.get("required", ()))
    for name in sorted(was.keys() - became.keys()):
        yield f"{where}.{name}: is gone"
    if sent is not Sent.BY_US_AND_MORE_MAY_COME:
        for name in sorted(became.keys() - was.keys()):
            yield f"{where}.{name}: is new; the contract allows no more members"
    for name in sorted(needed - needed_before if sent is Sent.BY_CLIENTS else needed_before - needed):
        yield f"{where}.{name}: is {'now' if sent is Sent.BY_CLIENTS else 'no longer'} required"
    for name in sorted(was.keys() & became.keys()):
        yield from breaks(was[name], became[name], sent, f"{where}.{name}")
