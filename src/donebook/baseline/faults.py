"""The faults in the members of a body, with the types, the words and the order of pydantic.

https://docs.pydantic.dev/latest/errors/validation_errors/ lists them. Of a member only the first broken rule is told.
"""

import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from msgspec import UNSET, inspect

from donebook.problems import Fault

type Members = Mapping[str, Any]
type Broken = tuple[str, str, dict[str, str | int]]
"""The type, the message and the context of a fault."""

SURROGATE = re.compile("[\ud800-\udfff]")


def faults_of(kind: type, members: Members) -> list[Fault]:
    """Every fault, in the order in which the Struct declares its members; none when they are such a Struct."""
    return [fault for field in _fields(kind) if (fault := _fault(field, members)) is not None]


def known(kind: type, members: Members) -> dict[str, Any]:
    """The members that the Struct declares."""
    return {field.name: members[field.name] for field in _fields(kind) if field.name in members}


@cache
def _fields(kind: type) -> tuple[inspect.Field, ...]:
    return cast("inspect.StructType", inspect.type_info(kind)).fields


def _fault(field: inspect.Field, members: Members) -> Fault | None:
    if field.name not in members:
        return _say(field, ("missing", "Field required", {})) if field.required else None
    value = members[field.name]
    declared = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    rule, *null = [one.type if isinstance(one, inspect.Metadata) else one for one in declared]
    if value is None and null:
        return None
    return _say(field, _broken_text(rule, value) if isinstance(rule, inspect.StrType) else _broken_boolean(value))


def _say(field: inspect.Field, broken: Broken | None) -> Fault | None:
    if broken is None:
        return None
    kind, msg, ctx = broken
    return Fault(kind=kind, loc=["body", field.name], msg=msg, ctx=ctx or UNSET)


def _broken_boolean(value: object) -> Broken | None:
    return None if isinstance(value, bool) else ("bool_type", "Input should be a valid boolean", {})


def _broken_text(rule: inspect.StrType, value: object) -> Broken | None:
    least, most = rule.min_length or 0, rule.max_length or sys.maxsize
    if not isinstance(value, str):
        return "string_type", "Input should be a valid string", {}
    if SURROGATE.search(value):
        return "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", {}
    if len(value) > most:
        return "string_too_long", f"String should have at most {most} characters", {"max_length": most}
    if len(value) < least:
        return "string_too_short", f"String should have at least {least} character", {"min_length": least}
    if rule.pattern is not None and not re.search(rule.pattern, value):
        return "string_pattern_mismatch", "String should not contain NUL characters", {}
    return None
