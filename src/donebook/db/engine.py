"""The connection pool: how many connections, how long each may take, what a pooler changes, which are alive."""

import asyncio
import socket
from time import monotonic
from typing import Any

import asyncpg
from sqlalchemy import NullPool, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from donebook import metrics
from donebook.db import pool as pools
from donebook.db import times
from donebook.db.bell import Bell
from donebook.db.errors import DATABASE_ERRORS
from donebook.db.group import Groups
from donebook.db.limits import Limits
from donebook.db.patience import Outage
from donebook.db.pool import Pool, pool_of
from donebook.db.rows import Row
from donebook.db.url import Target

COMMAND_GRACE = 2.0  # s: how much longer than the server's own limit we wait for an answer before we give up on it
IDLE_IN_TRANSACTION_TIMEOUT = 30.0  # s
PING_TIMEOUT = 3.0  # s
KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 5000}  # s, s, times, ms


def create_engine(target: Target, limits: Limits) -> AsyncEngine:
    """The pool that requests use: every statement commits by itself, unless it says otherwise.

    Statements and their values never show in errors or logs: they hold what people wrote.
    """
    patient = {"patient": limits.statement_timeout + COMMAND_GRACE}
    engine = create_async_engine(
        target.sqlalchemy_url,
        isolation_level="AUTOCOMMIT",
        poolclass=Pool,
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.pool_timeout,
        pool_recycle=limits.pool_recycle,
        pool_use_lifo=True,
        hide_parameters=True,
        execution_options={
            "target": target,
            "limits": limits,
            "outage": Outage(),
            "bell": Bell(),
            "groups": Groups(limits),
            **patient,
        },
        connect_args=_connect_args(target, limits),
    )
    metrics.POOL_SIZE.set(limits.pool_size)
    metrics.POOL_OPEN.set_function(lambda: pool_of(engine).checkedin() + pool_of(engine).checkedout())
    metrics.POOL_USED.set_function(lambda: pool_of(engine).checkedout())
    event.listen(engine.sync_engine, "checkout", _check)
    event.listen(engine.sync_engine, "checkin", _remember)
    return engine


def create_migration_engine(engine: AsyncEngine) -> AsyncEngine:
    """A connection to the same database itself, past any pooler, without a limit on how long a statement may take."""
    options = engine.get_execution_options()
    target: Target = options["target"].direct
    limits: Limits = options["limits"]
    return create_async_engine(
        target.sqlalchemy_url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": limits.connect_timeout, **target.connect_args},
    )


async def open_direct(engine: AsyncEngine) -> "asyncpg.Connection[Any]":
    """A connection to the same database itself, past any pooler and beside the pool: for who listens."""
    options = engine.get_execution_options()
    target: Target = options["target"]
    limits: Limits = options["limits"]
    direct = target.direct
    args = {"host": direct.host, "timeout": limits.connect_timeout, **direct.connect_args}
    if target.pooled:  # it may be that what is called direct is not
        args["statement_cache_size"] = 0
    args["server_settings"] = {"application_name": "donebook", **args["server_settings"]}
    return await connect(
        port=direct.port, user=direct.user, password=direct.password, database=direct.database or direct.user, **args
    )


async def connect(*where: Any, **how: Any) -> "asyncpg.Connection[Any]":
    """A connection that notices when the other end is gone, which asyncpg's own do not.

    TCP(7): probes after `TCP_KEEPIDLE` seconds of silence, and an error after `TCP_USER_TIMEOUT` of unanswered sending.
    """
    connection: asyncpg.Connection[Any] = await asyncpg.connect(*where, **how)
    await times.teach(connection)
    transport = getattr(connection, "_transport", None)  # asyncpg has no public way to its socket
    wire = transport and transport.get_extra_info("socket")
    if wire is not None and wire.family != socket.AF_UNIX:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE.items():
            if hasattr(socket, option):  # macOS has some of them under other names, and no user timeout
                wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return connection


def _connect_args(target: Target, limits: Limits) -> dict[str, Any]:
    args = {
        "async_creator_fn": connect,
        "record_class": Row,
        "timeout": limits.connect_timeout,
        "command_timeout": limits.statement_timeout + COMMAND_GRACE,
        **target.connect_args,
    }
    if target.pooled:
        return args | {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    args["server_settings"] = {
        "application_name": "donebook",
        "statement_timeout": f"{limits.statement_timeout * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT * 1000:.0f}",
        **args["server_settings"],
    }
    return args


def _remember(_connection: object, record: Any) -> None:
    record.info["idle_since"] = monotonic()


def _check(connection: Any, record: Any, _proxy: object) -> None:
    """Let no dead connection out of the pool: SQLAlchemy answers `DisconnectionError` with a fresh one.

    That the server closed one is known without asking. One that has been idle for long may lead to a machine that is no
    longer there, which only an answer disproves.
    """
    driver = connection.driver_connection
    if driver.is_closed():
        raise DisconnectionError
    if monotonic() - record.info.get("idle_since", monotonic()) > pools.PING_AFTER:
        try:
            await_only(asyncio.wait_for(driver.execute("SELECT 1"), PING_TIMEOUT))
        except DATABASE_ERRORS:
            driver.terminate()
            raise DisconnectionError from None
