"""Many rows in one statement: they are given as JSON, under the names of the columns."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Text, cast, column, func, inspect, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import NamedFromClause

from donebook.db.models import Owned
from donebook.db.statement import Statement, given, mine

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
    return Statement(update(model).where(mine(model), model.id == new.c.id).values(values), model=None)
