"""Times come from the database and go to it to the microsecond, also those that are far from now."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest

from donebook.db import engine, times
from donebook.wire import timestamp

READ = "SELECT unnest($1::text[])::timestamptz AS at"
TOLD = """
SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS told FROM unnest($1::timestamptz[]) AS at
"""
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
ODD = [
    *(FIRST, LAST, datetime(1900, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC)),
    *(
        times.EPOCH + timedelta(microseconds=each + off)
        for each in (0, times.EXACT[0], times.EXACT[-1])
        for off in (-1, 0, 1)
    ),
]
"""At the ends of what each way of reading is for."""


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await engine.connect(migrated_url)
    yield opened
    await opened.close()


def some(number: int) -> list[datetime]:
    """Times between the first and the last year, half of them of this century."""
    chance = random.Random(number)
    near, far = timedelta(days=36_500), LAST - FIRST
    return [
        *(datetime(2001, 1, 1, tzinfo=UTC) + near * chance.random() for _ in range(2_000)),
        *(FIRST + far * chance.random() for _ in range(2_000)),
    ]


async def test_what_is_sent_and_read_is_the_same_to_the_microsecond(connection):
    sent = [*ODD, *some(1)]
    told = [row["told"] for row in await connection.fetch(TOLD, sent)]
    assert told == [at.isoformat(timespec="microseconds").replace("+00:00", "Z") for at in sent]
    read = [row["at"] for row in await connection.fetch(READ, told)]
    assert read == sent
    assert [timestamp(at) for at in read] == told
    assert {at.utcoffset() for at in read} == {timedelta(0)}


async def test_a_time_of_another_zone_is_the_same_moment(connection):
    at = datetime(2026, 3, 29, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert await connection.fetchval("SELECT $1::timestamptz", at) == at
    assert await connection.fetchval("SELECT extract(epoch FROM $1::timestamptz)::numeric * 1000000", at) == int(
        (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)
    )


async def test_a_time_without_a_zone_is_refused(connection):
    with pytest.raises(asyncpg.DataError):
        await connection.fetchval("SELECT $1::timestamptz", datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("infinity", datetime.max.replace(tzinfo=UTC)),
        ("-infinity", datetime.min.replace(tzinfo=UTC)),
        ("294276-12-31", datetime.max.replace(tzinfo=UTC)),
        ("4713-01-01 BC", datetime.min.replace(tzinfo=UTC)),
    ],
)
async def test_what_no_datetime_can_be_is_the_nearest(connection, written: str, read: datetime):
    assert await connection.fetchval(READ, [written]) == read


async def test_null_stays_null(connection):
    assert await connection.fetchval("SELECT $1::timestamptz", None) is None
