"""What is promised when nothing is heard: of the clients, of the other end of connections, of the database."""

import asyncio
import random
from collections import Counter
from time import monotonic

from tests.chaos.measures import REQUEST_TIMEOUT, Figure, counts, timed
from tests.outages.site import Site


async def idle(site: Site, *, short: bool) -> list[Figure]:
    """Nobody asks for anything but whether the server lives and what it counts."""
    seconds = 2 if short else 60
    await asyncio.gather(*(site.http.get("/tasks") for _ in range(10)))
    await asyncio.sleep(0.5)
    sent, opened, until = site.proxy.bytes, site.proxy.connections, monotonic() + seconds
    while monotonic() < until:
        for path in ("/health/live", "/metrics"):
            await site.http.get(path)
        await asyncio.sleep(1)
    sent, opened = site.proxy.bytes - sent, site.proxy.connections - opened
    return [
        Figure(
            f"idle for {seconds} s, but for probes", "silence", f"{sent} bytes, {opened} connections", not sent + opened
        )
    ]


async def half_open(site: Site, *, short: bool) -> list[Figure]:
    """The other end of every connection is gone without a word."""
    times, statuses = [], Counter[str]()
    for number in range(1 if short else 5):
        await asyncio.gather(*(site.http.get("/tasks") for _ in range(10)))
        site.proxy.deafen()
        key = {"Idempotency-Key": f"half open {number} {random.random()}".replace(" ", "-")}
        write = site.http.post("/tasks", json={"title": "half open"}, headers=key)
        for took, answer in await asyncio.gather(timed(site.http.get("/tasks")), timed(write)):
            times.append(took)
            statuses[str(answer.status_code)] += 1
    found = set(statuses) <= {"200", "201"} and max(times) <= 6
    return [
        Figure("half-open sockets: next answers", "≤ 5 s, and 1 s", f"{counts(statuses)}, {max(times):.2f} s", found)
    ]


async def frozen(site: Site, *, short: bool) -> list[Figure]:
    """The database says nothing at all to anybody."""
    limit = float(site.server.environment.get("REQUEST_TIMEOUT", REQUEST_TIMEOUT))
    site.proxy.freeze()
    asking = [site.http.get("/tasks") for _ in range(20)]
    asking += [site.http.post("/tasks", json={"title": "frozen"}) for _ in range(20)]
    answers = await asyncio.gather(*(timed(request) for request in asking))
    site.proxy.thaw()
    began = monotonic()
    while (await site.http.get("/tasks")).status_code != 200:
        pass
    back, slowest = monotonic() - began, max(took for took, _ in answers)
    statuses = Counter(str(answer.status_code) for _, answer in answers)
    return [
        Figure("frozen: answers", "503", counts(statuses), set(statuses) == {"503"}),
        Figure("frozen: the slowest", f"its deadline, {limit:.0f} s", f"{slowest:.2f} s", slowest <= limit + 1),
        Figure("thawed: back in", "≤ 5 s", f"{back:.2f} s", back <= 5),
    ]
