"""Others are in the way, or there is not enough of something: what is tried again, how often, and what is said."""

import asyncio

import pytest

from tests.outages.hurting import attempts, failing, held, waiting
from tests.outages.site import Site, keyed
from tests.waiting import until

ENABLE = """
CREATE TABLE other (value int); INSERT INTO other VALUES (0);
CREATE FUNCTION entangle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE other SET value = value + 1; RETURN NEW; END
$$;
CREATE TRIGGER entangle AFTER UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION entangle()
"""
DISABLE = "DROP FUNCTION entangle() CASCADE; DROP TABLE other"


@pytest.mark.parametrize("key", [{}, keyed("contended-key")], ids=["plain", "keyed"])
@pytest.mark.parametrize("code", ["40001", "40P01"])
async def test_contention_is_tried_again_three_times(either: Site, code: str, key: dict[str, str]):
    before = await either.metric("donebook_database_retries_total", problem="contended")
    key = {name: f"{text}-{code}-{either.pooled}" for name, text in key.items()}
    async with failing(either, code, times=3):
        answer = await either.http.post("/tasks", json={"title": "stored once"}, headers=key)
        assert (answer.status_code, await attempts(either)) == (201, 4)
    assert await either.titles() == ["stored once"]
    assert await either.metric("donebook_database_retries_total", problem="contended") == before + 3


async def test_contention_without_an_end_is_503(either: Site):
    async with failing(either, "40001"):
        answer = await either.http.post("/tasks", json={"title": "never stored"})
        await either.refused(answer, 503, "contended", 1)
        assert await attempts(either) == 4
    assert await either.titles() == []


async def test_a_real_serialization_failure(direct: Site):
    task = await direct.add()
    await direct.sql(f"ALTER DATABASE {direct.database} SET default_transaction_isolation = 'repeatable read'")
    direct.proxy.cut()
    try:
        async with held(direct, "UPDATE tasks SET description = 'theirs'"):
            ours = asyncio.create_task(direct.http.put(f"/tasks/{task}", json={"title": "ours"}))
            await waiting(direct)
        assert (await ours).json() | {"title": "ours", "description": "theirs"} == (await ours).json()
    finally:
        await direct.sql(f"ALTER DATABASE {direct.database} RESET default_transaction_isolation")
        direct.proxy.cut()
    assert "40001" in [event.get("sqlstate") for event in direct.news()]


async def test_a_real_deadlock(direct: Site):
    """They hold what we will want, and want what we hold: Postgres ends the one that has waited for 1 s first, ours."""
    task = await direct.add()
    await direct.script(ENABLE)
    try:
        async with held(direct, "UPDATE other SET value = 0") as they:
            ours = asyncio.create_task(direct.http.put(f"/tasks/{task}", json={"title": "ours"}))
            await waiting(direct)
            await they.execute("UPDATE tasks SET description = 'theirs'")
        assert (await ours).json() | {"title": "ours", "description": "theirs"} == (await ours).json()
    finally:
        await direct.script(DISABLE)
    assert "40P01" in [event.get("sqlstate") for event in direct.news()]


async def test_more_slow_statements_than_connections(either: Site):
    """The next request is told after `POOL_TIMEOUT`, and not tried again; when the others are done, all is well."""
    task = await either.add()
    before = await either.metric("donebook_database_retries_total", problem="busy")
    async with held(either, "UPDATE tasks SET title = 'theirs'"):
        ours = [asyncio.create_task(either.http.put(f"/tasks/{task}", json={"title": "ours"})) for _ in range(3)]
        await waiting(either, 3)
        read = asyncio.create_task(either.http.get("/tasks"))
        await either.refused(await either.http.post("/tasks", json={"title": "never stored"}), 503, "busy", 1)
        await either.refused(await read, 503, "busy", 1)
    for answer in await asyncio.gather(*ours):
        assert answer.status_code in (200, 503)
    assert await either.metric("donebook_database_retries_total", problem="busy") == before
    assert await either.metric("donebook_pool_connections_in_use") == 0
    assert "never stored" not in await either.titles()


SLOW = {"57014": "statement_timeout = '600ms'", "55P03": "lock_timeout = '600ms'"}


@pytest.mark.parametrize("code", SLOW)
async def test_a_slow_read_is_tried_again_once_and_a_slow_write_is_not(direct: Site, code: str):
    task = await direct.add()
    await direct.sql(f"ALTER DATABASE {direct.database} SET {SLOW[code]}")
    direct.proxy.cut()
    errors = await direct.metric("donebook_database_errors_total", problem="too-slow")

    async def failed(times: int) -> bool:
        return await direct.metric("donebook_database_errors_total", problem="too-slow") == errors + times

    try:
        async with held(direct, "LOCK TABLE tasks"):
            answer = await direct.http.put(f"/tasks/{task}", json={"title": "never stored"})
            await direct.refused(answer, 503, "too-slow", 1)
            assert await failed(1)
            await direct.refused(await direct.http.get("/tasks"), 503, "too-slow", 1)
            assert await failed(3)
            assert code in [event.get("sqlstate") for event in direct.news()]
    finally:
        await direct.sql(f"ALTER DATABASE {direct.database} RESET {SLOW[code].partition(' ')[0]}")
        direct.proxy.cut()
    assert await direct.titles() == ["There before"]


async def test_a_slow_read_succeeds_when_nothing_is_in_its_way_any_more(direct: Site):
    before = await direct.metric("donebook_database_retries_total", problem="too-slow")

    async def again() -> bool:
        return await direct.metric("donebook_database_retries_total", problem="too-slow") > before

    async with held(direct, "LOCK TABLE tasks"):
        read = asyncio.create_task(direct.http.get("/tasks"))
        await until(again)
    assert (await read).status_code == 200


@pytest.mark.parametrize(
    ("theirs", "kind", "retry_after"),
    [
        ("UPDATE tasks SET description = 'theirs'", "outcome-unknown", 2),
        ("LOCK TABLE tasks", "too-slow", 1),  # so that ours is not even prepared
    ],
)
async def test_a_slow_statement_behind_a_pooler_is_given_up_by_us(
    by_pooler: Site, theirs: str, kind: str, retry_after: int
):
    """Nothing stops the statement itself there, so nobody knows what becomes of a write; the connection gets free."""
    task = await by_pooler.add()

    async def free() -> bool:
        return await by_pooler.metric("donebook_pool_connections_in_use") == 0

    async with held(by_pooler, theirs):
        answer = await by_pooler.http.put(f"/tasks/{task}", json={"title": "may be stored"})
        await by_pooler.refused(answer, 503, kind, retry_after)
        await until(free)
    await by_pooler.warm()


async def test_a_table_that_changes_under_a_warm_server(either: Site):
    """Plans and descriptions of results that Donebook and Postgres keep for its statements are of no use any more."""
    task = await either.add()
    either.news()
    for kind in ("varchar(200)", "text"):
        await asyncio.gather(*(either.warm() for _ in range(3)))
        assert (await either.http.put(f"/tasks/{task}", json={"title": "before"})).status_code == 200
        await either.sql(f"ALTER TABLE tasks ALTER title TYPE {kind}")
        answers = await asyncio.gather(
            either.http.put(f"/tasks/{task}", json={"title": f"A title of {kind}"}),
            either.http.post("/tasks", json={"title": "another"}),
            either.http.post("/tasks", json={"title": "once"}, headers=keyed(f"{task}-{kind}")),
            *(either.http.get("/tasks") for _ in range(3)),
        )
        assert [answer.status_code for answer in answers] == [200, 201, 201, 200, 200, 200]
        assert (await either.titles())[0] == f"A title of {kind}"
    assert either.news() == []
