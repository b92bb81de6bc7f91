"""Request bodies: strict JSON, decoded once, straight into the contract's Structs."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from donebook.accents import MOST, stacked
from donebook.problems import Invalid, NotJson

JSON = ("application/json",)
LONGEST = 500  # characters of what is said about a body, in which a name may be as long as the body
EXPECTED: dict[str, str] = {}
"""What each pattern of a contract asks for, in words; its `Meta` has them as `extra["expected"]`."""
TAKEN = {"PATCH": (*JSON, "application/merge-patch+json")}  # RFC 7396


class StrictJSON(AbstractDTO[Any]):
    """How every handler gets its `data`.

    Litestar's own way converts leniently ("yes" becomes true), takes any content type for JSON, which lets foreign web
    pages post without asking, and answers 500 to bytes that are not UTF-8 and to arrays nested a thousand deep.
    """

    decoders: ClassVar[dict[str, msgspec.json.Decoder[Any]]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the Struct that the handler asks for.

        Raises:
            NotJson: when the content type is not application/json.
            Invalid: when the body is not such a Struct.
        """
        decoder = self.decoders[self.asgi_connection.route_handler.handler_id]
        kind = self.asgi_connection.headers.get("content-type", "")
        taken = TAKEN.get(str(self.asgi_connection.scope.get("method")), JSON)
        if kind.partition(";")[0].strip().lower() not in taken:
            raise NotJson(f"The body must be application/json, not {kind or 'without a content type'}"[:200])
        try:
            # As text first: msgspec does not look into members that it skips, and they must be UTF-8 as well.
            body = decoder.decode(value.decode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            body = self.decode_refused(value, decoder.type, error)
        if (b"\\u" in value or not value.isascii()) and any(map(stacked, _texts(body))):
            raise Invalid(f"Expected at most {MOST} accents on a letter, unless they are in their canonical order")
        return body

    def decode_refused(self, _value: bytes, _kind: Any, error: Exception) -> Any:
        """Say what is wrong with a body that could not be decoded.

        Raises:
            Invalid: with the first fault as its detail.
        """
        match error:
            case msgspec.ValidationError():
                raise _invalid(str(error)) from None
            case UnicodeDecodeError():
                raise Invalid(f"The body is not UTF-8, from byte {error.start} on") from None
            case RecursionError():
                raise Invalid("The body is nested too deeply") from None
            case _:
                raise Invalid(_not_json(str(error))) from None

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Any type that msgspec decodes."""
        return True

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: object = None
    ) -> None:
        """Prepare the decoder of one handler."""
        cls.decoders[handler_id] = msgspec.json.Decoder(field_definition.annotation)
        EXPECTED.update(_expected(msgspec.inspect.type_info(field_definition.annotation)))

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        """The Struct's own schema."""
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:
        """None: the Struct is the contract."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """None: the Struct is the contract."""
        return False


def _texts(value: object) -> Iterator[str]:
    """Every text in a body."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _texts(getattr(value, name))


def _expected(kind: Any) -> Iterator[tuple[str, str]]:
    """Every pattern in a type, with what it asks for."""
    match kind:
        case msgspec.inspect.Metadata(type=msgspec.inspect.StrType(pattern=str(pattern)), extra={"expected": words}):
            yield pattern, words
        case msgspec.inspect.Metadata(type=inner) | msgspec.inspect.ListType(item_type=inner):
            yield from _expected(inner)
        case msgspec.inspect.UnionType(types=several):
            for one in several:
                yield from _expected(one)
        case msgspec.inspect.StructType(fields=fields):
            for field in fields:
                yield from _expected(field.type)


def _invalid(message: str) -> Invalid:
    """What is wrong with a body; of an item of a list also which one, for programs."""
    found = re.search(r" - at `\$\.\w+\[(\d+)\]", message)
    sentence = sentence_of(message)[:LONGEST]
    return Invalid(sentence, index=int(found[1])) if found else Invalid(sentence)


def sentence_of(message: str) -> str:
    """What msgspec says, for people: "Expected `str` of length <= 200 - at `$.title`" with the member first."""
    what, _, where = message.replace("`", "").partition(" - at $")
    what, matching, pattern = what.partition(" matching regex ")
    if matching:
        what = f"Expected {_words(pattern)}"
    what = what.replace("Invalid enum value", "Unknown value")
    what = what.replace("str of length >= 1", "text of at least 1 character")
    what = re.sub(r"str of length <= (\d+)", r"text of at most \1 characters", what)
    what = re.sub(r"int >= (-?\d+)", r"a whole number of at least \1", what)
    what = re.sub(r"int <= (-?\d+)", r"a whole number of at most \1", what)
    member = where.removeprefix(".")
    return f"{member}: {what[0].lower()}{what[1:]}" if member else what


def _words(shown: str) -> str:
    """What a pattern asks for; `shown` is how msgspec shows it."""
    return next((words for pattern, words in EXPECTED.items() if repr(pattern) == shown), "text of another form")


def _not_json(message: str) -> str:
    """Msgspec says of half a surrogate pair, which JSON allows and text does not, that the input is truncated."""
    if "surrogate" in message or "truncated" in message:
        return "The body is not JSON: it ends too early, or holds half of a surrogate pair"
    return f"The body is not JSON: {message}"
