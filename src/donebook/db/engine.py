"""The connection pool: how many connections, how long each may take, and what a pooler changes."""

from typing import Any

from sqlalchemy import NullPool, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from donebook.db.url import Target

POOL_SIZE = 10
CHECKOUT_TIMEOUT = 5.0  # s: how long a request waits for a free connection
CONNECT_TIMEOUT = 10.0  # s: a suspended Neon compute takes some seconds to wake
STATEMENT_TIMEOUT = 10.0  # s: the server's own limit, where it can be set
COMMAND_TIMEOUT = 12.0  # s: ours, for when the server no longer answers
IDLE_IN_TRANSACTION_TIMEOUT = 30.0  # s


def create_engine(target: Target) -> AsyncEngine:
    """The pool that requests use: every statement commits by itself, unless it says otherwise.

    Statements and their values never show in errors or logs: they hold what people wrote.
    """
    engine = create_async_engine(
        target.sqlalchemy_url,
        isolation_level="AUTOCOMMIT",
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CHECKOUT_TIMEOUT,
        pool_use_lifo=True,
        hide_parameters=True,
        execution_options={"target": target},
        connect_args=_connect_args(target) | {"command_timeout": COMMAND_TIMEOUT},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def create_migration_engine(engine: AsyncEngine) -> AsyncEngine:
    """A connection to the same database itself, past any pooler, without a limit on how long a statement may take."""
    target: Target = engine.get_execution_options()["target"].direct
    args = target.connect_args
    args.setdefault("timeout", CONNECT_TIMEOUT)
    return create_async_engine(target.sqlalchemy_url, poolclass=NullPool, hide_parameters=True, connect_args=args)


def _connect_args(target: Target) -> dict[str, Any]:
    args = target.connect_args
    args.setdefault("timeout", CONNECT_TIMEOUT)
    if target.pooled:
        return args | {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    args["server_settings"] = {
        "application_name": "donebook",
        "statement_timeout": f"{STATEMENT_TIMEOUT:.0f}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_TIMEOUT:.0f}s",
        **args["server_settings"],
    }
    return args


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Notice a connection that the server closed while it lay in the pool, without asking it: a fresh one is taken."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
