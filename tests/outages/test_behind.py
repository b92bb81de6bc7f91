"""A running server whose database lacks a migration says so; when the migration is there, all is well by itself."""

import asyncio
from pathlib import Path

from tests.database.commands import Checkout
from tests.outages.site import DIRECT, site

READS = ["/api/v1/tasks?q=milk", "/api/v1/tasks?q=milk&completed=false"]
EMPTY = "base"  # the first revision makes the table and the functions that these ask for


async def test_a_database_that_lags_behind_is_not_ready(database_url: str, tmp_path: Path):
    checkout = Checkout(tmp_path / "checkout")

    async def migrate(*command: str) -> None:
        await asyncio.to_thread(checkout.database, "donebook", *command, DATABASE_URL=database_url)

    async with site(DIRECT, database_url, tmp_path) as there:
        await there.http.post("/api/v1/tasks", json={"title": "Buy milk"})
        await migrate("downgrade", "--no-prompt", EMPTY)
        there.news()
        for path in READS:
            answer = await there.http.get(path)
            assert (answer.status_code, answer.json()["type"]) == (503, "not-ready"), answer.text
            assert answer.headers["retry-after"] == "30"
        ready = await there.http.get("/health/ready")
        assert (ready.status_code, ready.json()["migrations"]) == (503, "pending")
        assert "42883" in {event.get("sqlstate") for event in there.news() if event["level"] == "error"}
        await migrate("upgrade", "--no-prompt")
        task = (await there.http.post("/api/v1/tasks", json={"title": "Buy milk"})).json()
        found = await there.http.get(READS[0])
        assert [item["id"] for item in found.json()["items"]] == [task["id"]]
