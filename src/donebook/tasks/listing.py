# ruff: noqa: S608 - statements are made of parts, and nothing comes from outside
"""Which tasks, and in which order: the statements that give one page, read from an index from where it begins.

Every combination of sort, filters and beginning is a statement of its own, so that its plan is right whatever the
values are. An index has the open tasks or the done ones, in one order; both together are two of them, merged.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import BigInteger, Interval, LargeBinary, Text, Uuid, bindparam, inspect, text
from sqlalchemy.types import TypeEngine

from donebook.db import rows
from donebook.db.models import TIME
from donebook.db.statement import WORKSPACE, Statement
from donebook.problems import BadCursor
from donebook.tasks.models import ORDERS, STATES, Task
from donebook.tasks.since import page as changed_since
from donebook.wire import timestamp

type Sort = Literal[
    "position", "-position", "created_at", "-created_at", "updated_at", "-updated_at", "title", "-title"
]


class Listing(Struct, frozen=True, kw_only=True):
    """Which tasks, in which order; `since` is in UTC. For the list of the trash, `keep` is how long it keeps them."""

    sort: Sort | Literal["-deleted_at"] = "position"
    completed: bool | None = None
    since: datetime | None = None
    keep: timedelta | None = None

    @property
    def name(self) -> str:
        """What makes this list another one."""
        return f"{self.sort} {self.completed} {self.since and self.since.isoformat()}"

    @property
    def values(self) -> dict[str, Any]:
        """What the statement takes, besides how many and from where."""
        return {name: value for name in ("since", "keep") if (value := getattr(self, name)) is not None}

    @property
    def column(self) -> str:
        """What it is sorted by; the id comes after it."""
        return self.sort.removeprefix("-")

    @property
    def walks(self) -> bool:
        """Whether a page may be cut short: its last row is then where it came to, and `passed`."""
        return self.since is not None and self.column != "updated_at"

    @property
    def timed(self) -> bool:
        """Whether it is sorted by a time."""
        return self.column.endswith("_at")

    def place(self, key: Any) -> str:
        """A place in the order, as text."""
        if self.timed:
            return timestamp(key)
        return key.decode() if isinstance(key, bytes) else str(key)

    def key(self, place: str) -> Any:
        """The place, as the database takes it.

        Raises:
            BadCursor: when it is none.
        """
        if not self.timed:
            return place.encode() if self.column == "title" else place
        try:
            return datetime.fromisoformat(place).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise BadCursor from error

    def statement(self, *, first: bool) -> Statement[Task]:
        """The statement that gives a page: the first one, or one behind a place."""
        return _statement(self.sort, self.completed, since=self.since is not None, first=first)


@lru_cache
def _statement(sort: str, completed: bool | None, *, since: bool, first: bool) -> Statement[Task]:
    column, down = sort.removeprefix("-"), sort.startswith("-")
    states = list(STATES.values()) if completed is None else [STATES["done" if completed else "open"]]
    key = ORDERS.get(column.removesuffix("_at"), column)
    page = _Page(key, states, down=down, first=first)
    if column == "deleted_at":
        sql = page.trash()
    elif not since:
        sql = page.walk("", ":limit")
    elif column == "updated_at":
        sql = page.walk(" AND updated_at >= :since", ":limit")
    else:
        sql = changed_since(columns(), key, states, down=down, first=first)
    kinds: dict[str, TypeEngine[Any]] = {
        WORKSPACE: Uuid(),
        "limit": BigInteger(),
        "since": TIME,
        "keep": Interval(),
        "id": Uuid(),
        "key": TIME if column.endswith("_at") else LargeBinary() if column == "title" else Text(),
    }
    binds = [bindparam(name, type_=kind) for name, kind in kinds.items() if f":{name}" in sql]
    rows.learn(["sort_key", "passed"])
    return Statement(text(sql).bindparams(*binds), model=Task, writes=False)


class _Page:
    """The text of a statement."""

    def __init__(self, key: str, states: list[str], *, down: bool, first: bool) -> None:
        self.states = states
        self.way = " DESC" if down else ""
        self.columns = f"{columns()}, {key} AS sort_key"
        self.behind = "" if first else f" AND ({key}, id) {'<' if down else '>'} (:key, :id)"
        self.key = key

    def walk(self, also: str, limit: str) -> str:
        """In order, from where the page begins."""
        return self._either(
            lambda state: (
                f"SELECT {self.columns} FROM tasks WHERE workspace_id = :workspace AND deleted_at IS NULL"
                f" AND {state}{also}{self.behind} ORDER BY {self.key}{self.way}, id{self.way} LIMIT {limit}"
            ),
            limit,
        )

    def trash(self) -> str:
        """What is in the trash, instead."""
        return (
            f"SELECT {self.columns} FROM tasks WHERE workspace_id = :workspace AND deleted_at IS NOT NULL"
            f" AND deleted_at > now() - :keep{self.behind}"
            f" ORDER BY deleted_at{self.way}, id{self.way} LIMIT :limit"
        )

    def _either(self, part: Callable[[str], str], limit: str) -> str:
        """Tasks of one state, or of both, merged."""
        parts = [part(state) for state in self.states]
        if len(parts) == 1:
            return parts[0]
        both = " UNION ALL ".join(f"({each})" for each in parts)
        return f"SELECT * FROM ({both}) AS either ORDER BY sort_key{self.way}, id{self.way} LIMIT {limit}"


def columns(table: str = "tasks") -> str:
    """The columns of a task, under the names of the model's attributes."""
    attributes = list(inspect(Task).column_attrs)
    rows.learn(attribute.key for attribute in attributes)
    return ", ".join(f"{table}.{attribute.columns[0].name} AS {attribute.key}" for attribute in attributes)
