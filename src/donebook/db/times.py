"""How times come from the database: as datetimes in UTC, each made once as long as it is read again and again.

The driver's own way adds an interval to an epoch for each, which takes a third of the time of a list. Nearly all times
that are read have been read before: tasks are read far more often than they change.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import asyncpg

KNOWN = 16_384  # times that are kept, of some 200 bytes each
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds from here."""
FROM_1970 = 946_684_800  # s, from 1970 to the epoch
MICROSECOND = timedelta(microseconds=1)
EXACT = range(-FROM_1970 * 1_000_000, (2**32 - FROM_1970) * 1_000_000)
"""Microseconds from the epoch that are the same as a float of seconds since 1970: until 2106."""
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


async def teach(connection: "asyncpg.Connection[Any]") -> None:
    """Have a connection read and write times so; it asks the server nothing."""
    await connection.set_type_codec("timestamptz", schema="pg_catalog", encoder=encode, decoder=decode, format="binary")


@lru_cache(KNOWN)
def decode(sent: bytes) -> datetime:
    """The time, in UTC; what no datetime can be, such as infinity, is the latest or the earliest that one can."""
    microseconds = int.from_bytes(sent, signed=True)
    if microseconds in EXACT:
        return datetime.fromtimestamp(microseconds / 1_000_000 + FROM_1970, UTC)
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return LATEST if microseconds > 0 else EARLIEST


def encode(at: datetime) -> bytes:
    """The same, to be sent."""
    return ((at - EPOCH) // MICROSECOND).to_bytes(8, signed=True)
