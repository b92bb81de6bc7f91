"""What a statement gives."""

from typing import Any

import asyncpg


class Row(asyncpg.Record):
    """A row whose members are also attributes. Connections are opened with it: asyncpg's own retries keep only that."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None
