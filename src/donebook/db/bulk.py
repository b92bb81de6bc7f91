"""Many rows in one statement: they are given as JSON, under the names of the columns."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, DefaultClause, Text, Uuid, cast, column, func, insert, inspect, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import NamedFromClause

from donebook.db.models import Owned
from donebook.db.statement import WORKSPACE, Statement, given, mine

KEPT = {"workspace_id", "id", "created_at", "updated_at", "version"}
"""What is never changed by a statement, beside columns that number the rows."""


def encode(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as they are given; "now" is a time as well."""
    return msgspec.json.encode(rows).decode()


def given_rows(model: type[Owned]) -> NamedFromClause:
    """The rows that a statement is given under the name `rows`; a column that is not given is null."""
    columns = [column(stored.name, stored.type) for stored in inspect(model).local_table.columns]
    return (
        func.jsonb_to_recordset(cast(given("rows", Text), JSONB))
        .table_valued(*columns, name="given")
        .render_derived(with_types=True)
    )


def members(model: type[Owned]) -> list[str]:
    """The columns that an update may change."""
    return [
        stored.name for stored in inspect(model).local_table.columns if not (stored.name in KEPT or stored.identity)
    ]


def update_many[Model: Owned](model: type[Model]) -> Statement[Model]:
    """Give rows, by their ids, the values of all `members`; what comes back is in no order."""
    new = given_rows(model)
    values = {name: new.c[name] for name in members(model)}
    return Statement(update(model).where(mine(model), model.id == new.c.id).values(values))


def revive_many[Model: Owned](model: type[Model]) -> Statement[Model]:
    """Insert rows that were there before, with everything they had, in no order; a time is not before the one given."""
    new = given_rows(model)
    values: dict[str, ColumnElement[Any]] = {}
    for stored in inspect(model).local_table.columns:
        value: ColumnElement[Any] = new.c[stored.name]
        if isinstance(stored.server_default, DefaultClause) and not stored.nullable:
            value = func.coalesce(value, stored.server_default.arg)  # a column that came later
        if not stored.computed:
            values[stored.name] = value
    values |= {
        "workspace_id": given(WORKSPACE, Uuid),
        "updated_at": func.greatest(func.clock_timestamp(), new.c.updated_at),
    }
    return _Revival(insert(model).from_select(list(values), select(*values.values()).select_from(new)))


class _Revival[Model](Statement[Model]):
    """An insert that also gives the numbers that rows otherwise get by themselves, which SQLAlchemy cannot say."""

    @cached_property
    def sql(self) -> str:
        """The text, as asyncpg takes it."""
        columns, select, rest = super().sql.partition(") SELECT ")
        return f"{columns}) OVERRIDING SYSTEM VALUE{select[1:]}{rest}"
