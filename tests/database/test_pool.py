"""Connections are shared fairly, none gets lost, and nobody waits for longer than told."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.sql import text

from donebook import deadline
from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db import transaction
from donebook.db.caller import Caller
from donebook.db.engine import create_engine
from donebook.db.limits import Limits
from donebook.db.patience import LAST_WORD
from donebook.db.pool import pool_of
from donebook.db.session import ABANDONED, Attempt, Driver, fetch, persist
from donebook.db.transaction import Transaction, transact
from donebook.db.url import parse_database_url
from donebook.problems import Busy, Invalid
from donebook.tasks.models import Task
from tests.waiting import until

SIZE = 2
BROKEN = "BEGIN; SELECT 1 / 0"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine of two connections, none of them open yet."""
    made = create_engine(parse_database_url(database_url), Limits(pool_size=SIZE, pool_timeout=0.5))
    yield made
    await made.dispose()


async def ask(engine: AsyncEngine, seconds: float = 0.0) -> int:
    """The process at the other end of the connection, which was busy for so long."""
    sql = "SELECT pg_backend_pid() AS pid, pg_sleep($1)"
    [row] = await fetch(engine, sql, [seconds], name="SELECT", writes=False)
    return int(row["pid"])


async def free(engine: AsyncEngine) -> bool:
    return pool_of(engine).checkedout() == 0 and not ABANDONED


async def test_many_share_few_connections_and_are_served_in_the_order_of_coming(engine: AsyncEngine):
    served: list[int] = []

    async def one(number: int) -> int:
        pid = await ask(engine, 0.01)
        served.append(number)
        return pid

    pids = await asyncio.gather(*map(one, range(20)))
    assert len(set(pids)) == SIZE
    assert all(abs(place - number) < SIZE for place, number in enumerate(served))
    assert await free(engine)


async def test_who_gives_up_while_waiting_takes_no_connection_along(engine: AsyncEngine):
    for pause in (0.0, 0.01, 0.05, 0.1):
        busy = [asyncio.create_task(ask(engine, 0.05)) for _ in range(SIZE)]
        waiting = [asyncio.create_task(ask(engine)) for _ in range(10)]
        await asyncio.sleep(pause)
        for task in waiting[::2]:
            task.cancel()
        await asyncio.gather(*busy, *waiting, return_exceptions=True)
        assert [task.done() and (task.cancelled() or task.result() > 0) for task in waiting] == [True] * 10
    await until(lambda: free(engine))
    assert len(set(await asyncio.gather(*(ask(engine, 0.01) for _ in range(10))))) == SIZE


async def test_who_gives_up_at_work_leaves_a_connection_that_is_replaced(engine: AsyncEngine):
    await asyncio.gather(*(ask(engine, 0.01) for _ in range(SIZE)))
    working = [asyncio.create_task(ask(engine, 30)) for _ in range(SIZE)]
    await asyncio.sleep(0.05)
    next_ones = [asyncio.create_task(ask(engine)) for _ in range(5)]
    for task in working:
        task.cancel()
    assert all(await asyncio.gather(*next_ones))
    await until(lambda: free(engine))


async def test_nobody_waits_for_longer_than_the_pool_allows(engine: AsyncEngine):
    busy = [asyncio.create_task(ask(engine, 1.5)) for _ in range(SIZE)]
    await asyncio.sleep(0.1)
    with pytest.raises(Busy):
        await fetch(engine, "SELECT 1", [], name="SELECT", writes=True)
    deadline.start(LAST_WORD + 0.2)  # less than the pool allows: it is the same that was in the way
    with pytest.raises(Busy):
        await fetch(engine, "SELECT 1", [], name="SELECT", writes=True)
    deadline.start(10)
    await asyncio.gather(*busy)
    assert await ask(engine)


async def test_connections_that_cannot_be_opened_leave_room_for_others(engine: AsyncEngine, admin_url: str):
    name = engine.url.database
    admin = create_engine(parse_database_url(admin_url), Limits(pool_size=1))
    try:
        await fetch(admin, f"ALTER DATABASE {name} CONNECTION LIMIT 0", [], name="ALTER", writes=False)
        refused = [asyncio.create_task(ask(engine)) for _ in range(10)]
        await asyncio.sleep(0.2)
        await fetch(admin, f"ALTER DATABASE {name} CONNECTION LIMIT -1", [], name="ALTER", writes=False)
        assert len(set(await asyncio.gather(*refused))) <= SIZE
        await until(lambda: free(engine))
        assert pool_of(engine).checkedin() <= SIZE
    finally:
        await admin.dispose()


async def test_sessions_of_sqlalchemy_take_their_turn(engine: AsyncEngine):
    async def by_session() -> int:
        async with AsyncSession(engine) as session:
            return int((await session.execute(text("SELECT pg_backend_pid() FROM pg_sleep(0.01)"))).scalar_one())

    pids = await asyncio.gather(*(work for _ in range(10) for work in (ask(engine, 0.01), by_session())))
    assert len(set(pids)) == SIZE
    assert await free(engine)


@pytest.mark.parametrize("idle", [True, False])
async def test_what_stays_in_a_transaction_is_not_given_to_the_next(engine: AsyncEngine, idle: bool):
    async def stay(driver: Driver, _attempt: Attempt) -> None:
        await driver.execute(BROKEN)

    if idle:
        await ask(engine)
    with pytest.raises(Invalid):
        await persist(engine, stay, "BEGIN", writes=True)
    await until(lambda: free(engine))
    assert await ask(engine)


async def test_a_transaction_that_cannot_be_set_up_is_ended(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch):
    async def nothing(_tx: Transaction) -> list[Task]:
        raise AssertionError("it was not begun")

    process = await ask(engine)
    monkeypatch.setattr(transaction, "BEGIN", BROKEN)
    with pytest.raises(Invalid):
        await transact(engine, Caller(workspace=DEFAULT_WORKSPACE), None, Task, nothing)
    assert await ask(engine) == process
