"""`Idempotency-Key`: how a client says that two requests are one."""

import logging
import re
from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter
from litestar.types import Scope
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.keys import Key, refuse
from donebook.problems import BadKey, Invalid, KeyReused, NotFound, Problem

log = logging.getLogger("donebook.idempotency")

CONDITIONAL = "/api/"  # where If-Match is a part of what is asked
FORM = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Makes the write happen once: a repeated request with the same key gets the first one's answer."
        " 1 to 255 printable ASCII characters, such as a UUID, quoted or not; kept for 24 hours at least.",
    ),
]


async def provide_key(request: Request[Any, Any, Any], idempotency_key: IdempotencyKey = None) -> Key | None:
    """The key of the request, or None when it has none.

    Raises:
        BadKey: when it is malformed.
    """
    if idempotency_key is None:
        return None
    return key_of(request)


def key_of(request: Request[Any, Any, Any]) -> Key | None:
    """The key of the request, the same whenever it is asked for.

    Raises:
        BadKey: when it is malformed. The draft has it as a quoted string (RFC 8941); most clients send it bare.
    """
    state: dict[str, Any] = request.scope["state"]
    given = request.headers.getall("idempotency-key", [])
    if not given or "key" in state:
        return state.get("key")
    text = given[0].strip()
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = text[1:-1]
    if len(given) > 1 or not FORM.fullmatch(text) or text == '"':
        raise BadKey(BadKey.example)
    expected = request.headers.getall("if-match", []) if request.url.path.startswith(CONDITIONAL) else []
    query = request.scope["query_string"]
    address = request.scope["raw_path"] + (b"?" + query if query else b"")
    said = (request.method.encode(), address, state["body"])
    key = Key(text, *said, *(tag.encode() for tag in expected))
    state["key"] = key
    return key


async def spend_on_refusal(error: Exception, scope: Scope, *, engine: AsyncEngine, workspace: UUID) -> None:
    """Store that a request was refused for good before it came to the database, so that its key cannot mean another.

    What cannot be stored is answered all the same: asked again, the request is refused again. A key that was used for
    another request is what the answer says instead.
    """
    if not isinstance(error, (Invalid, NotFound, ValidationException)) or "method" not in scope:
        return
    request: Request[Any, Any, Any] = Request(scope)
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return
    try:
        key = key_of(request)
        if key is not None and not key.spent:
            await refuse(engine, workspace, key)
    except KeyReused as problem:
        scope["state"]["instead"] = problem
    except Problem as problem:
        log.debug(problem.title())
