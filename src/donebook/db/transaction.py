"""Several statements that belong together: all of them happen, or none."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import msgspec
from asyncpg.exceptions import PostgresError
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db.caller import Caller
from donebook.db.keys import CLAIM, KEEP, Key, once, refuse
from donebook.db.session import Attempt, Driver, persist, tell
from donebook.db.statement import WORKSPACE, Statement
from donebook.problems import KeyInFlight, KeyReused, NoRoom, Problem

BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL donebook.caller = '{caller}'"

type Together[Model] = Callable[[Transaction], Awaitable[Sequence[Model]]]


class Transaction:
    """What a unit of work gets to work with.

    It locks every row that it will touch first, in the order of their ids, then reads, then writes, and touches no
    other row afterwards: anything else was seen to end in deadlocks with single writes.
    """

    def __init__(self, driver: Driver, caller: Caller) -> None:
        self.driver = driver
        self.caller = caller

    async def rows[Model](self, statement: Statement[Model], **values: Any) -> Sequence[Model]:
        """What a statement gives in this workspace."""
        arguments = statement.arguments({**values, WORKSPACE: self.caller.workspace})
        return cast("Sequence[Model]", await self.driver.fetch(statement.sql, *arguments))


async def transact[Model](
    engine: AsyncEngine,
    caller: Caller,
    key: Key | None,
    model: type[Model],
    work: Together[Model],
    *,
    undoes: tuple[int, int] | None = None,
) -> Sequence[Model]:
    """What a unit of work gives once it has committed. It may be begun anew, from the start, when that is safe.

    Args:
        engine: whose pool to use.
        caller: for whom; writes that change nothing leave no trace.
        key: stored with the rows in the same transaction; used before, the rows are those of then.
        model: whose rows the work gives.
        work: the statements. A problem that it raises takes everything back.
        undoes: the first and the last of the changes that this takes back, for the log.

    Raises:
        Problem: what the database said, or the work itself.
    """
    begin = BEGIN.format(caller=caller.setting(quiet=True, undoes=undoes).replace("'", "''"))

    async def unit(driver: Driver, attempt: Attempt) -> Sequence[Model]:
        async with asyncio.timeout(attempt.remaining):
            return await steps(driver, attempt)

    async def steps(driver: Driver, attempt: Attempt) -> Sequence[Model]:
        try:
            await driver.execute(begin)
            if key is not None:
                await driver.execute(CLAIM, caller.workspace, key.text)
            rows = await work(Transaction(driver, caller))
            if key is not None:
                answer = msgspec.json.encode([_plain(row) for row in rows]).decode()
                await driver.execute(KEEP, caller.workspace, key.text, key.fingerprint, answer)
        except (PostgresError, Problem):
            if driver.is_in_transaction():  # else it could not even begin
                await driver.execute("ROLLBACK")
            raise
        attempt.deciding = True
        await driver.execute("COMMIT")
        return rows

    async def write() -> Sequence[Model]:
        rows = await persist(engine, unit, "TRANSACTION", writes=True, keyed=key is not None)
        tell(engine, caller.workspace, followed=True)
        return rows

    if key is None:
        return await write()
    try:
        rows = await once(engine, caller, key, model, write)
    except Problem as problem:
        if problem.status < 500 and not isinstance(problem, (KeyInFlight, KeyReused, NoRoom)) and not key.replayed:
            await refuse(engine, caller.workspace, key, problem)
        raise
    key.spent = True
    return cast("Sequence[Model]", rows)


def _plain(row: Any) -> dict[str, Any]:
    """A row as JSON has it; one that was never a row is taken by its attributes."""
    return dict(row) if hasattr(row, "keys") else vars(row)
