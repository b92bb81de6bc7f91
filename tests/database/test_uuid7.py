"""`uuid7()` makes UUIDs of version 7 (RFC 9562, section 5.7): unique, and in the order of time."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

MANY = 100_000
ONE_BY_ONE = "SELECT uuid7() AS id FROM generate_series(1, $1)"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(made: UUID) -> int:
    """The time that a UUID holds, since 1970."""
    return made.int >> 80


def fraction(made: UUID) -> int:
    """The part of the millisecond that it holds, in 1/4096."""
    return (made.int >> 64) & 0xFFF


async def test_version_and_variant(connection):
    made = [UUID(str(row["id"])) for row in await connection.fetch(ONE_BY_ONE, 1000)]
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


async def test_one_hundred_thousand_are_unique(connection):
    assert await connection.fetchval(f"SELECT count(DISTINCT id) FROM ({ONE_BY_ONE}) AS made", MANY) == MANY


async def test_they_are_made_in_the_order_of_time(connection):
    made = [UUID(str(row["id"])) for row in await connection.fetch(ONE_BY_ONE, MANY)]
    times = [(milliseconds(one), fraction(one)) for one in made]
    assert times == sorted(times)
    assert len(set(times)) > 2 * len({ms for ms, _ in times}), "the fraction of the millisecond should tell them apart"


async def test_the_database_sorts_them_by_time(connection):
    columns = "id uuid DEFAULT uuid7(), at timestamptz DEFAULT clock_timestamp()"
    await connection.execute(f"CREATE TEMP TABLE made ({columns})")
    for _ in range(100):
        await connection.execute("INSERT INTO made DEFAULT VALUES")
    by_id = await connection.fetch("SELECT at FROM made ORDER BY id")
    by_time = await connection.fetch("SELECT at FROM made ORDER BY at")
    assert by_id == by_time


async def test_the_time_is_that_of_the_call(connection):
    row = await connection.fetchrow(
        "WITH a AS MATERIALIZED (SELECT clock_timestamp() AS at), b AS MATERIALIZED (SELECT uuid7() AS id FROM a),"
        " c AS MATERIALIZED (SELECT clock_timestamp() AS at FROM b)"
        " SELECT a.at AS before, b.id, c.at AS after FROM a, b, c"
    )
    made = UUID(str(row["id"]))
    told = EPOCH + timedelta(milliseconds=milliseconds(made), microseconds=fraction(made) * 1000 // 4096)
    microsecond = timedelta(microseconds=1)  # 1/4096 ms is less than that, and is rounded down
    assert row["before"] - microsecond <= told <= row["after"]


async def test_each_call_gets_its_own_time_within_one_transaction(connection):
    async with connection.transaction():
        first = await connection.fetchval("SELECT uuid7()")
        await connection.execute("SELECT pg_sleep(0.002)")
        second = await connection.fetchval("SELECT uuid7()")
    assert milliseconds(UUID(str(second))) > milliseconds(UUID(str(first)))
