"""Bodies of `/tasks`, refused in the words of the first server.

msgspec stops at the first fault. So a body that it refuses is decoded again by Python's own decoder, which the first
server used, and each member is checked by its declaration. See docs/decisions/0013-errors-of-the-first-server.md.
"""

import json
import re
from typing import Any

import msgspec

from donebook.baseline.faults import faults_of, known
from donebook.json_body import StrictJSON
from donebook.problems import Fault, Invalid

CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"|(NaN|-?Infinity)')
"""A text, or a number that Python's decoder accepts and JSON does not have."""
NOT_AN_OBJECT = "Input should be a valid dictionary or object to extract fields from"


class BaselineJSON(StrictJSON):
    """How the handlers of `/tasks` get their `data`."""

    def decode_refused(self, value: bytes, kind: Any, _error: Exception) -> Any:
        """Decode a body as the first server did, which accepted some that msgspec refuses.

        Those are bodies in which a member is given twice, first wrong and then right, and bodies with half of a
        surrogate pair or with deep nesting in an unknown member.

        Raises:
            Invalid: with every fault.
        """
        text = _text(value)
        members = _decoded(text)
        if not isinstance(members, dict):
            raise Invalid(faults=[Fault(kind="model_attributes_type", loc=["body"], msg=NOT_AN_OBJECT)])
        if faults := faults_of(kind, members):
            raise Invalid(faults=faults)
        _refuse_constants(text)
        return msgspec.convert(known(kind, members), kind)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise _not_json(len(value[: error.start].decode()), "Not UTF-8") from None


def _decoded(text: str) -> Any:
    try:
        return json.loads(text, parse_int=float)  # Python refuses to make an int of more than 4,300 digits
    except json.JSONDecodeError as error:
        raise _not_json(error.pos, error.msg) from None
    except RecursionError:
        raise _not_json(0, "Nested too deeply") from None


def _refuse_constants(text: str) -> None:
    for found in CONSTANT.finditer(text):
        if found[1]:
            raise _not_json(found.start(), "Expecting value")


def _not_json(offset: int, why: str) -> Invalid:
    return Invalid(
        faults=[Fault(kind="json_invalid", loc=["body", offset], msg="JSON decode error", ctx={"error": why})]
    )
