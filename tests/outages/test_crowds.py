"""Many clients at once, and clients that leave: every connection comes back, and nobody is told nonsense."""

import asyncio
import random

import httpx

from tests.outages.hurting import held, waiting
from tests.outages.site import QUICK, Site, keyed
from tests.waiting import until

POOL_SIZE = int(QUICK["POOL_SIZE"])
CROWD = 10 * POOL_SIZE
LEAVING = 120


async def none_in_use(site: Site) -> bool:
    return await site.metric("donebook_pool_connections_in_use") == 0


async def backends(site: Site) -> int:
    """How many connections Postgres itself has to this database, without the one that asks."""
    [row] = await site.sql("SELECT count(*) - 1 AS count FROM pg_stat_activity WHERE datname = current_database()")
    return int(row["count"])


async def test_ten_times_more_clients_than_connections(either: Site):
    async def use(number: int) -> None:
        for turn in range(4):
            key = keyed(f"crowd-{either.pooled}-{number}-{turn}") if number % 2 else {}
            answers = [await either.http.post("/tasks", json={"title": f"{number} {turn}"}, headers=key)]
            if answers[0].status_code == 201:
                path = f"/tasks/{answers[0].json()['id']}"
                answers += [await either.http.put(path, json={"completed": True}), await either.http.get("/tasks")]
                stored.append(f"{number} {turn}")
            for answer in answers:
                if answer.is_error:
                    await either.refused(answer, 503, "busy", 1)

    stored: list[str] = []
    await asyncio.gather(*(use(number) for number in range(CROWD)))
    assert sorted(await either.titles()) == sorted(stored)
    assert len(stored) > CROWD
    await until(lambda: none_in_use(either))


async def test_clients_that_leave_while_they_wait_leave_nothing_behind(either: Site):
    """In the middle of a statement, of waiting for a connection, or of the request itself."""
    task = await either.add()
    async with held(either, "UPDATE tasks SET description = 'theirs'"):
        for _ in range(LEAVING // CROWD):
            leaving = [
                asyncio.create_task(either.http.put(f"/tasks/{task}", json={"title": "ours"})) for _ in range(CROWD)
            ]
            await waiting(either, 1)
            await asyncio.sleep(random.random() * 0.1)
            for client in leaving:
                client.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)
        await until(lambda: none_in_use(either))
        assert (await either.http.get("/tasks")).status_code == 200
        if either.pooler is None:
            assert await backends(either) <= POOL_SIZE + 1, "with the one that holds the lock"
    assert [event for event in either.news() if event["level"] not in ("debug", "info", "warning")] == []
    await asyncio.gather(*(either.warm() for _ in range(3)))


async def test_clients_that_leave_at_any_moment(either: Site):
    """Nothing is leaked, and what they had asked for happened or did not."""

    async def leave(number: int) -> None:
        try:
            async with asyncio.timeout(random.random() * 0.02):
                await either.http.post("/tasks", json={"title": f"left {number}"})
        except (TimeoutError, httpx.TransportError):
            pass

    for wave in range(0, LEAVING, CROWD):
        await asyncio.gather(*(leave(wave + number) for number in range(CROWD)))
    await until(lambda: none_in_use(either))
    titles = await either.titles()
    assert len(set(titles)) == len(titles)
    assert [event for event in either.news() if event["level"] not in ("debug", "info", "warning")] == []
    await asyncio.gather(*(either.warm() for _ in range(3)))
