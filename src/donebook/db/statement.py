"""Statements, built and compiled once: what a request costs is their execution alone."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Delete, Insert, Select, Update, bindparam, inspect
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from donebook.db import rows

DIALECT = dialect()  # type: ignore[no-untyped-call]
WORKSPACE = "workspace"


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
    selects, as an insert or update leaves them, or as they were before a delete.
    """

    def __init__(self, statement: Select[Model] | Insert | Update | Delete) -> None:
        self.statement = statement
        self.writes = not isinstance(statement, Select)
        self.model: Any = (
            statement.column_descriptions[0]["entity"]
            if isinstance(statement, Select)
            else statement.entity_description["entity"]
        )

    @cached_property
    def sql(self) -> str:
        """The text, as asyncpg takes it."""
        return str(self._compiled)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values, in the order of the text's placeholders.

        Raises:
            KeyError: when one is missing.
        """
        return [convert(values[name]) if convert else values[name] for name, convert in self._parameters]

    @cached_property
    def _compiled(self) -> Any:
        columns = _columns(self.model)
        if isinstance(self.statement, Select):
            compiled = self.statement.with_only_columns(*columns).compile(dialect=DIALECT)
        else:
            compiled = self.statement.returning(*columns).compile(dialect=DIALECT)
        if WORKSPACE not in compiled.binds:
            raise TypeError(f"a statement that is not bound to a workspace: {compiled}")
        return compiled

    @cached_property
    def _parameters(self) -> list[tuple[str, Callable[[Any], Any] | None]]:
        binds = self._compiled.binds
        return [
            (name, binds[name].type.dialect_impl(DIALECT).bind_processor(DIALECT))
            for name in self._compiled.positiontup
        ]


def _columns(model: Any) -> list[ColumnElement[Any]]:
    attributes = inspect(model).column_attrs
    rows.learn(attribute.key for attribute in attributes)
    return [getattr(model, attribute.key).label(attribute.key) for attribute in attributes]
