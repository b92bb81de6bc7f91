"""A transaction pooler in between: everything works, keys included, and migrations go past it."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

from tests.outages.cluster import Cluster
from tests.outages.proxy import Trap
from tests.outages.site import POOLED, Site, keyed, site
from tests.waiting import until

RACERS, KEYS = 8, 10
RESTARTS = 3
WRITERS = 4


async def test_migrations_go_past_the_pooler_and_requests_through_it(database_url: str, tmp_path: Path):
    async with site(POOLED, database_url, tmp_path) as there:
        assert there.proxy.connections == 0
        assert [row["version_num"] for row in await there.sql("SELECT version_num FROM alembic_version")] != []
        await there.add()
        assert there.proxy.connections == 1


async def test_every_operation_with_a_key_and_no_statement_under_a_name(by_pooler: Site):
    """Names of prepared statements live in a connection of the database, which is another for each transaction."""
    http = by_pooler.http
    by_pooler.proxy.cut()
    by_pooler.proxy.wire.clear()
    for turn in range(2):
        created = await http.post("/tasks", json={"title": "pooled"}, headers=keyed("pooled-create"))
        assert created.status_code == 201
        path = f"/tasks/{created.json()['id']}"
        changed = await http.put(path, json={"completed": True}, headers=keyed("pooled-change"))
        assert (changed.status_code, changed.json()["completed"]) == (200, True)
        deleted = await http.delete(path, headers=keyed("pooled-delete"))
        assert deleted.status_code == 204
        missing = await http.delete(path, headers=keyed("pooled-missing"))
        assert missing.status_code == 404
        replayed = {answer.headers.get("idempotency-replayed") for answer in (created, changed, deleted, missing)}
        assert replayed == {"true" if turn else None}
    assert set(by_pooler.proxy.wire.prepared) == {""}


async def test_one_of_many_with_the_same_key_writes(either: Site):
    async def race(key: str) -> list[str]:
        asked = (either.http.post("/tasks", json={"title": key}, headers=keyed(key)) for _ in range(RACERS))
        answers = await asyncio.gather(*asked)
        told = Counter(answer.status_code for answer in answers)
        assert told[201] >= 1, told
        assert told.keys() <= {201, 409, 503}, told
        return [answer.text for answer in answers if answer.status_code == 201]

    keys = [f"race-{either.pooled}-{number}" for number in range(KEYS)]
    for key in keys:
        assert len(set(await race(key))) == 1
    assert await either.titles() == keys


async def test_a_pooler_that_restarts_again_and_again(by_pooler: Site):
    """Or, without PgBouncer, a way that is broken as often: no request fails, since each write has a key."""
    over = False

    async def use(number: int) -> None:
        while not over:
            answer = await by_pooler.http.post("/tasks", json={"title": "again"}, headers=keyed(f"again-{next(names)}"))
            assert answer.status_code == 201, answer.text
            done.append(number)
            assert (await by_pooler.http.get("/tasks")).status_code == 200

    names, done = iter(range(1_000_000)), list[int]()
    await by_pooler.sql("DELETE FROM tasks")
    using = [asyncio.create_task(use(number)) for number in range(4)]
    for _ in range(RESTARTS):
        await asyncio.sleep(0.3)
        if by_pooler.pooler is not None:
            by_pooler.pooler.kill()
            await by_pooler.pooler.start()
        else:
            by_pooler.proxy.catch("again-", Trap.AFTER)
            by_pooler.proxy.cut()
    over = True
    await asyncio.gather(*using)
    assert len(await by_pooler.titles()) == len(done) > RESTARTS


async def test_a_write_without_a_key_waits_for_a_pooler_without_a_database(cluster_to_hurt: Cluster, tmp_path: Path):
    """What a pooler says that cannot connect, it says of a write that nobody has executed: that is tried again."""
    async with site(POOLED, cluster_to_hurt.url, tmp_path) as there:
        await there.sql("DELETE FROM tasks")
        await there.warm()
        cluster_to_hurt.stop(signal.SIGINT)
        await asyncio.to_thread(cluster_to_hurt.gone)
        writing = [asyncio.create_task(there.http.post("/tasks", json={"title": "patient"})) for _ in range(WRITERS)]

        async def turned_away() -> bool:
            retried = await there.metric("donebook_database_retries_total", problem="unavailable")
            return retried >= WRITERS or any(write.done() for write in writing)

        try:
            await until(turned_away)
        finally:
            cluster_to_hurt.start()
            await cluster_to_hurt.ready()
        assert {answer.status_code for answer in await asyncio.gather(*writing)} == {201}
        assert await there.titles() == ["patient"] * WRITERS


async def test_health_is_asked_through_the_pooler_too(by_pooler: Site):
    """While others keep its connections changing hands."""
    by_pooler.proxy.wire.clear()
    paths = ["/health", "/health/ready", "/tasks"] * 4
    answers = await asyncio.gather(*(by_pooler.http.get(path) for path in paths))
    told = Counter((path, answer.status_code) for path, answer in zip(paths, answers, strict=True))
    assert dict(told.keys()) == dict.fromkeys(paths, 200)
    assert set(by_pooler.proxy.wire.prepared) == {""}
