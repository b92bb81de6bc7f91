"""Statements, built and compiled once: what a request costs is their execution alone."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Select,
    TextClause,
    Update,
    bindparam,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql.functions import Function
from sqlalchemy.types import TypeEngine

from donebook.db import rows

DIALECT = dialect()  # type: ignore[no-untyped-call]
WORKSPACE = "workspace"

WRITE = """
WITH written AS ({sql})
SELECT written.*, (SELECT followed_until > now() FROM logs WHERE workspace_id = ${workspace}) AS followed
FROM written WHERE (SELECT set_config('donebook.caller', ${caller}, true)) IS NOT NULL
"""  # the condition is looked at first: who writes is known before the write begins


def mine(model: Any) -> ColumnElement[bool]:
    """The rows of the caller's workspace. Every statement carries it."""
    scope: ColumnElement[bool] = model.workspace_id == given(WORKSPACE)
    return scope


def given(name: str, kind: Any = None) -> BindParameter[Any]:
    """A value that is given when the statement is executed; `kind` is its type where no column tells."""
    return bindparam(name, type_=kind)


class Statement[Model]:
    """One statement about the rows of one model in one workspace.

    It gives whole rows, under the names of the model's attributes, whatever the columns are called: those that it
    selects, as an insert or update leaves them, or as they were before a delete. After a write each has `followed` as
    well: whether somebody waits to hear of changes.

    Args:
        statement: what to execute; a `Select` of a function's rows may be a write all the same. Of a text the model and
            whether it writes must be told, and it names its columns itself.
        model: whose rows it gives, where the statement does not tell.
        writes: whether it writes, where the statement does not tell.
        quiet: whether a write that changes nothing is to leave no trace.
    """

    def __init__(
        self,
        statement: Select[Any] | Insert | Update | Delete | TextClause,
        *,
        model: type[Model] | None = None,
        writes: bool | None = None,
        quiet: bool = False,
    ) -> None:
        self.statement = statement
        self.quiet = quiet
        self.writes = not isinstance(statement, Select) if writes is None else writes
        self.shaped = model is not None
        self.model: Any = model or _entity(statement)

    @cached_property
    def sql(self) -> str:
        """The text, as asyncpg takes it."""
        return str(self._compiled)

    @cached_property
    def announced(self) -> str:
        """The text of a write that says who writes; it has two more placeholders, for the workspace and the caller."""
        rows.learn(["followed"])
        last = len(self._parameters)
        return WRITE.format(sql=self.sql, workspace=last + 1, caller=last + 2)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values, in the order of the text's placeholders.

        Raises:
            KeyError: when one is missing.
        """
        return [
            fixed if name is None else convert(values[name]) if convert else values[name]
            for name, convert, fixed in self._parameters
        ]

    @cached_property
    def _compiled(self) -> Any:
        columns = _columns(self.model)
        if self.shaped:
            compiled = self.statement.compile(dialect=DIALECT)
        elif isinstance(self.statement, Select):
            compiled = self.statement.with_only_columns(*columns).compile(dialect=DIALECT)
        else:
            assert not isinstance(self.statement, TextClause)  # noqa: S101 - it has a model
            compiled = self.statement.returning(*columns).compile(dialect=DIALECT)
        if WORKSPACE not in compiled.binds:
            raise TypeError(f"a statement that is not bound to a workspace: {compiled}")
        return compiled

    @cached_property
    def _parameters(self) -> list[tuple[str | None, Callable[[Any], Any] | None, Any]]:
        """Of each placeholder the name of what is given, and how to convert it; or no name, and what it always is."""
        binds = [self._compiled.binds[name] for name in self._compiled.positiontup]
        return [(bind.key if bind.required else None, _converter(bind.type), bind.value) for bind in binds]


def call[Model](
    model: type[Model], function: Function[Any], *, quiet: bool = False, also: Iterable[ColumnElement[Any]] = ()
) -> Statement[Model]:
    """A write that is a function of the database, which gives rows of the model's table, with more columns if given."""
    attributes = inspect(model).column_attrs
    table = function.table_valued(*(attribute.columns[0].name for attribute in attributes))
    columns = [table.c[attribute.columns[0].name].label(attribute.key) for attribute in attributes]
    return Statement(select(*columns, *also), model=model, writes=True, quiet=quiet)


def _converter(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How to convert a value of a type, or None when the driver takes it as it is; SQLAlchemy copies every array."""
    if isinstance(kind, ARRAY) and _converter(kind.item_type) is None:
        return None
    return kind.dialect_impl(DIALECT).bind_processor(DIALECT)


def _entity(statement: Select[Any] | Insert | Update | Delete | TextClause) -> Any:
    if isinstance(statement, TextClause):
        raise TypeError("a text does not tell whose rows it gives")
    if isinstance(statement, Select):
        return statement.column_descriptions[0]["entity"]
    return statement.entity_description["entity"]


def _columns(model: Any) -> list[ColumnElement[Any]]:
    attributes = inspect(model).column_attrs
    rows.learn(attribute.key for attribute in attributes)
    return [getattr(model, attribute.key).label(attribute.key) for attribute in attributes]
