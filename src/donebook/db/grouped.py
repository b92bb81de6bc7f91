"""Writes of one row, as one statement for many rows."""

from functools import cached_property
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Insert, Integer, TableClause, Text, Update, column, select, table
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import replacement_traverse

from donebook.db.statement import DIALECT, WORKSPACE, Statement, mine

GROUP = """
WITH given AS MATERIALIZED (
    SELECT {id}given.* FROM jsonb_to_recordset(${rows}::text::jsonb) AS given({columns})
), written AS ({sql})
SELECT written.*, given.number, (SELECT followed_until > now() FROM logs WHERE workspace_id = ${workspace}) AS followed
FROM written JOIN given ON given.id = written.id
WHERE (SELECT set_config('donebook.caller', ${caller}, true)) IS NOT NULL AND (
    SELECT set_config('donebook.requests', jsonb_object_agg(id, request)::text, true) FROM given
) IS NOT NULL
"""  # the conditions are looked at first: who writes, and in which requests, is known before the write begins


class Grouped[Model]:
    """A write of one row, and the same write of many rows.

    The latter leaves out what somebody else has locked: nobody of a group waits for a row, nor keeps others from theirs
    while he does.

    Args:
        single: the write of one row: an update of the row of an id, or an insert.
        several: of an insert, the same with an id, from a select.
    """

    def __init__(self, single: Statement[Model], several: Insert | None = None) -> None:
        self.single = single
        self._inserts = several is not None
        self._several = cast("Insert | Update", single.statement if several is None else several)

    @cached_property
    def sql(self) -> str:
        """The text, as asyncpg takes it, with placeholders for the workspace, the rows and the caller.

        The rows are JSON: what the single write is given, a `number` that comes back with the row, and the `request`.
        """
        fresh = {"id"} if self._inserts else set()
        columns = [
            f"{each.name} {each.type.compile(dialect=DIALECT)}" for each in self._given.c if each.name not in fresh
        ]
        return GROUP.format(
            id="uuid7() AS id, " if fresh else "",
            columns=", ".join(columns),
            sql=Statement[Model](self._statement).sql,
            workspace=1,
            rows=2,
            caller=3,
        )

    @cached_property
    def _given(self) -> TableClause:
        binds = self._several.compile(dialect=DIALECT).binds
        columns = [column(name, bind.type) for name, bind in binds.items() if bind.required and name != WORKSPACE]
        return table("given", column("number", Integer), column("request", Text), *columns)

    @cached_property
    def _statement(self) -> Insert | Update:
        statement = cast("Insert | Update", replacement_traverse(self._several, {}, self._from_given))
        if isinstance(statement, Update):
            row = aliased(self.single.model)
            free = select(row.id).where(mine(row), row.id.in_(select(self._given.c.id)))
            locked = free.with_for_update(key_share=True, skip_locked=True)
            statement = statement.where(self.single.model.id.in_(locked))
        return statement

    def _from_given(self, element: Any, **_: Any) -> ColumnElement[Any] | None:
        """The column of the given rows in the place of a placeholder."""
        if isinstance(element, BindParameter) and element.key in self._given.c:
            return self._given.c[element.key]
        return None
