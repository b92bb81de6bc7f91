"""A migration meets somebody who reads for long: it waits for its turn, and nobody waits for it."""

import asyncio
from functools import partial
from pathlib import Path

from tests.database.commands import Checkout
from tests.outages.hurting import held, waiting
from tests.outages.site import DIRECT, Site, site
from tests.waiting import until

CLIENTS = 16
ATTEMPTS = 2


async def test_requests_go_on_while_a_migration_waits_for_a_long_read(database_url: str, tmp_path: Path):
    over = False
    statuses: list[int] = []
    copy = Checkout(tmp_path / "checkout")
    copy.revise("Colours", "ALTER TABLE tasks ADD COLUMN colour text", "ALTER TABLE tasks DROP COLUMN colour")

    async def use(there: Site, number: int) -> None:
        while not over:
            answers = [await there.http.post("/tasks", json={"title": f"{number}"}), await there.http.get("/tasks")]
            path = f"/tasks/{answers[0].json()['id']}"
            answers += [await there.http.put(path, json={"completed": True}), await there.http.delete(path)]
            statuses.extend(answer.status_code for answer in answers)

    async def more(count: int) -> bool:
        return len(statuses) > count

    async with site(DIRECT, database_url, tmp_path) as there:
        using = [asyncio.create_task(use(there, number)) for number in range(CLIENTS)]
        async with held(there, "SELECT FROM tasks"):
            upgrade = asyncio.create_task(
                asyncio.to_thread(copy.run, "donebook", "database", "upgrade", "--no-prompt", DATABASE_URL=database_url)
            )
            for _ in range(ATTEMPTS):
                await waiting(there, CLIENTS // 2)  # the migration, and those who queue up behind it
                await until(partial(more, len(statuses) + 4 * CLIENTS))
                assert not upgrade.done()
        code, output = await upgrade
        over = True
        await asyncio.gather(*using)
        assert code == 0, output
        assert set(statuses) == {200, 201, 204}
        assert {row["colour"] for row in await there.sql("SELECT colour FROM tasks")} <= {None}
