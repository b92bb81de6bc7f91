"""The one map from database errors to problems."""

import ssl

import asyncpg
from asyncpg.exceptions import InternalClientError, PostgresError
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from donebook.problems import (
    Busy,
    Conflict,
    Contended,
    Full,
    Invalid,
    KeyInFlight,
    KeyUsed,
    NoRoom,
    NotReady,
    OutcomeUnknown,
    Problem,
    ServerError,
    TooSlow,
    Unavailable,
)

DATABASE_ERRORS = (
    PostgresError,  # the server's word
    asyncpg.InterfaceError,  # the connection is closed
    InternalClientError,  # the connection is being closed: nothing can be sent on it any more
    AsyncAdapt_asyncpg_dbapi.Error,  # any of these while connecting, as SQLAlchemy wraps them half way
    DBAPIError,  # and all the way
    PoolTimeout,
    OSError,  # refused, unknown host, time-out
)
"""What talking to the database can raise."""

LOST = ("08", "57P")  # connection exceptions; shutdown, crash, cannot connect now
CLOSED = (
    "25P03",  # the transaction waited too long for us
    "25006",
    "55000",
    "55006",
)  # read-only, as after a failover; not accepting connections; being dropped or moved
CONTENDED = ("40001", "40P01")  # serialization failure, deadlock
PLAN_CHANGED = "0A000"  # a table changed under a prepared statement, again and again
SLOW = ("57014", "55P03")  # a statement, or its wait for a lock, ran out of time
NO_ROOM = ("53100", "53200", "58", "XX")  # disk full, out of memory, system error, internal error
TOO_MANY = ("53300", "53400")  # connections
NOT_READY = ("28", "3D", "3F", "42501")  # password, database, schema, privileges
MISSING = (
    "42P01",
    "42703",
    "42704",
    "42883",
    "42P10",
)  # a table, column, type, function or unique index that is not there: see `donebook.db.diagnosis`
NO_TLS = "rejected SSL upgrade"  # all that asyncpg says of it
OURS = {"DB001": KeyInFlight, "DB002": KeyUsed, "DB003": NoRoom}  # what functions of ours raise, see `db/sql`
CONFLICT = ("23505", "23503", "23P01", "23001")
INVALID = ("22", "23")


def from_database(error: BaseException, *, writing: bool) -> Problem:
    """The problem that a database error amounts to.

    Args:
        error: SQLAlchemy's wrapping of it or the bare one of asyncpg or the operating system.
        writing: whether a write had been sent when it happened, so that it may have been stored all the same.
    """
    if isinstance(error, PoolTimeout):
        return Busy()
    if isinstance(error, InternalClientError):
        return Unavailable()
    if distrust(error):
        return NotReady()
    code = sqlstate(error)
    if code is None or code.startswith(LOST):
        return OutcomeUnknown() if writing else Unavailable()
    if code in OURS:
        return _ours(code, error)
    if code.startswith((*CLOSED, *TOO_MANY)):
        return Unavailable()
    if code.startswith(SLOW):
        return TooSlow()
    if code.startswith((*CONTENDED, PLAN_CHANGED)):
        return Contended()
    if code.startswith(NO_ROOM):
        return Full()
    if code.startswith((*NOT_READY, *MISSING)):
        return NotReady()
    if code.startswith(CONFLICT):
        return Conflict()
    if code.startswith(INVALID):
        return Invalid()
    return ServerError()


def distrust(error: BaseException) -> str | None:
    """Why the database is not what `sslmode` asks for, or None when that is not what went wrong.

    Waiting does not change it, so that it is no outage.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not for that host, or not of a trusted authority (sslrootcert)"
    if isinstance(error, ConnectionError) and NO_TLS in str(error):
        return "it has no TLS, and sslmode asks for it"
    return None


def sqlstate(error: BaseException | None) -> str | None:
    """The five letters by which Postgres names an error, or None when the error is not the server's own word."""
    return _said(error, "sqlstate")


def _ours(code: str, error: BaseException) -> Problem:
    problem = OURS[code]()
    if isinstance(problem, NoRoom):
        problem.anchor = _said(error, "detail")
    return problem


def _said(error: BaseException | None, member: str) -> str | None:
    while error is not None:
        if found := getattr(error, member, None):
            return str(found)
        error = getattr(error, "orig", None) or error.__cause__
    return None
