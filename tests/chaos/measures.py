"""What is promised of a server in trouble besides that nothing is lost, measured."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from statistics import quantiles
from time import monotonic

import httpx

from tests.outages.hurting import held
from tests.outages.site import Site

REQUEST_TIMEOUT = 15.0  # s: the default


@dataclass(frozen=True)
class Figure:
    """One promise, and what was measured."""

    name: str
    promise: str
    measured: str
    kept: bool


async def timed(asking: Awaitable[httpx.Response]) -> tuple[float, httpx.Response]:
    """How long an answer took, in seconds, and the answer."""
    began = monotonic()
    answer = await asking
    return monotonic() - began, answer


async def down(site: Site, *, short: bool) -> list[Figure]:
    """The database is away, and everybody knows it."""
    site.proxy.refuse()
    site.proxy.cut()
    patience = float(site.server.environment.get("REQUEST_TIMEOUT", REQUEST_TIMEOUT)) + 2
    began, over = monotonic(), patience + (4 if short else 12)
    times: list[float] = []
    statuses: Counter[str] = Counter()
    lives: set[int] = set()

    async def ask(number: int) -> None:
        while monotonic() < began + over:
            known = monotonic() > began + patience
            read = number % 2 == 0
            asking = site.http.get("/tasks") if read else site.http.post("/tasks", json={"title": "never"})
            took, answer = await timed(asking)
            statuses[f"{answer.status_code} {answer.headers.get('retry-after')}"] += 1
            times.extend([took] if known else [])
            lives.add((await site.http.get("/health/live")).status_code)

    await asyncio.gather(*(ask(number) for number in range(10)))
    await site.proxy.mend()
    back, _ = await timed(site.http.get("/tasks"))
    far = await slowly_back(site)
    p99 = quantiles(times, n=100)[98]
    return [
        Figure("database down: answers", "503 with `Retry-After`", counts(statuses), set(statuses) == {"503 2"}),
        Figure("database down, known: p99", "≤ 3 s", f"{p99:.2f} s of {len(times)}", p99 <= 3),
        Figure("database down: `/health/live`", "200", str(lives), lives == {200}),
        Figure("first request after it", "≤ 1 s", f"{back:.2f} s", back <= 1),
        Figure("after another, connecting takes 2.5 s: back in", "≤ 6 s", f"{far:.2f} s", far <= 6),
    ]


async def slowly_back(site: Site) -> float:
    """Seconds until the first success after an outage that has long been known, when connections open slowly."""
    site.proxy.refuse()
    site.proxy.cut()
    await site.http.get("/tasks")
    await site.proxy.mend()
    site.proxy.connect_delay = 2.5
    began = monotonic()
    while (await site.http.get("/tasks")).status_code != 200:
        pass
    await site.proxy.mend()
    return monotonic() - began


async def crowd(site: Site, *, short: bool) -> list[Figure]:
    """Ten times more clients than connections."""
    statuses: Counter[str] = Counter()

    async def use(number: int) -> None:
        for turn in range(3 if short else 20):
            answer = await site.http.post("/tasks", json={"title": f"crowd {number} {turn}"})
            statuses[str(answer.status_code)] += 1
            if answer.status_code == 201:
                answer = await site.http.delete(f"/tasks/{answer.json()['id']}")
                statuses[str(answer.status_code)] += 1

    await asyncio.gather(*(use(number) for number in range(100)))
    await asyncio.sleep(2)
    used = await site.metric("donebook_pool_connections_in_use")
    return [
        Figure("100 clients, 10 connections", "no 500", counts(statuses), set(statuses) <= {"201", "204", "503"}),
        Figure("connections in use 2 s later", "0", f"{used:.0f}", used == 0),
    ]


async def leavers(site: Site, *, short: bool) -> list[Figure]:
    """Clients that go away while their writes wait for a lock."""
    task, count = await site.add("to be left"), 100 if short else 1000
    site.news()

    async def leave() -> None:
        try:
            async with asyncio.timeout(random.random() * 0.4):
                await site.http.put(f"/tasks/{task}", json={"title": "left"})
        except (TimeoutError, httpx.TransportError):
            pass

    async with held(site, f"UPDATE tasks SET description = 'theirs' WHERE id = '{task}'"):
        for _ in range(0, count, 50):
            await asyncio.gather(*(leave() for _ in range(50)))
    await asyncio.sleep(2)
    used = await site.metric("donebook_pool_connections_in_use")
    errors = [event for event in site.news() if event["level"] in ("error", "critical")]
    [row] = await site.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return [
        Figure(f"{count} clients leave mid-request", "0 leaked", f"{used:.0f} in use", used == 0),
        Figure("… statements left waiting", "0", str(row["count"]), row["count"] == 0),
        Figure("… in the log above warning", "0", str(len(errors)), not errors),
    ]


async def asleep(site: Site, *, short: bool) -> list[Figure]:
    """Suspended after idle: connections cut, refused for 800 ms, slow for 2 s."""
    statuses: Counter[str] = Counter()
    times = []
    for number in range(1 if short else 10):
        await site.http.get("/tasks")
        site.proxy.cut()
        site.proxy.refuse()
        write = number % 2 == 0
        asking = site.http.post("/tasks", json={"title": f"awake {number}"}) if write else site.http.get("/tasks")
        request = asyncio.create_task(timed(asking))
        await asyncio.sleep(0.8)
        await site.proxy.mend()
        site.proxy.connect_delay, site.proxy.delay = 0.3, 0.2
        await asyncio.sleep(2)
        await site.proxy.mend()
        took, answer = await request
        times.append(took)
        statuses[str(answer.status_code)] += 1
    woken = set(statuses) <= {"200", "201"}
    return [
        Figure("next request when suspended, as Neon does", "success", f"{counts(statuses)}, {max(times):.2f} s", woken)
    ]


def counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counter.items()))
