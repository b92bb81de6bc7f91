"""`GET /api/v1/tasks`: pages, sorts and filters."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.conftest import execute
from tests.v1.listing import PATH, SORTS, add, page, pages, titles

NAMES = [
    "banana",
    "Äpfel",
    "apple",
    "Zebra",
    "ärger",
    "éclair",
    "Straße",
    "Strasse",
    "zebra",
    "Øl",
    "123",
    "牛乳",
    "ÅNGSTRÖM",
]


async def test_an_empty_list_is_one_empty_page(client):
    assert await page(client) == {"items": [], "next": None}


async def test_a_page_is_exactly_items_and_next(client):
    await add(client, "one")
    got = await page(client)
    assert set(got) == {"items", "next"}
    assert got["items"] == [(await client.get(f"{PATH}/{got['items'][0]['id']}")).json()]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 3, 200])
async def test_pages_together_are_the_list_in_order_and_backwards(client, sort, size):
    for number, name in enumerate(NAMES):
        await add(client, name, completed=number % 3 == 0)
    forwards = await pages(client, sort=sort, limit=size)
    backwards = await pages(client, sort=f"-{sort}", limit=size)
    assert len(forwards) == len(NAMES)
    assert backwards == forwards[::-1]
    if sort == "title":
        assert titles(forwards) == [
            "123", "ÅNGSTRÖM", "Äpfel", "apple", "ärger", "banana", "éclair", "Øl",
            *(task["title"] for task in forwards if task["title"] in ("Straße", "Strasse")),
            *(task["title"] for task in forwards if task["title"] in ("Zebra", "zebra")), "牛乳",
        ]  # fmt: skip
        for one, other in pairwise(forwards):
            if one["title"].lower() == other["title"].lower():
                assert one["id"] < other["id"]
    else:
        assert [task[sort] for task in forwards] == sorted(task[sort] for task in forwards)


async def test_the_default_is_fifty_by_position(client):
    made = [await add(client, f"task {n}") for n in range(52)]
    await client.put(f"{PATH}/{made[-1]['id']}/position", json={"before": made[0]["id"]})
    got = await page(client)
    assert titles(got["items"]) == ["task 51", *(f"task {n}" for n in range(49))]
    assert titles((await page(client, cursor=got["next"]))["items"]) == ["task 49", "task 50"]


async def test_a_last_page_that_is_full_has_no_next(client):
    for n in range(4):
        await add(client, f"task {n}")
    assert (await page(client, limit=4))["next"] is None
    assert (await page(client, limit=3))["next"] is not None


@pytest.mark.parametrize("sort", ["position", "-updated_at", "title"])
async def test_filters_and_the_trash_are_left_out_of_every_page(client, sort):
    made = [await add(client, f"task {n}", completed=n % 2 == 0) for n in range(12)]
    for task in made[:3]:
        await client.delete(f"{PATH}/{task['id']}")
    done = {task["id"] for task in made[3:] if task["completed"]}
    assert {task["id"] for task in await pages(client, sort=sort, limit=2, completed="true")} == done
    rest = {task["id"] for task in made[3:]}
    assert {task["id"] for task in await pages(client, sort=sort, limit=2, completed="false")} == rest - done
    assert {task["id"] for task in await pages(client, sort=sort, limit=2)} == rest


@pytest.mark.parametrize("sort", [None, "position", "-title", "created_at", "-updated_at"])
@pytest.mark.parametrize("completed", [None, "true", "false"])
async def test_what_changed_since(client, sort, completed):
    made = [await add(client, f"task {n}", completed=n % 2 == 0) for n in range(10)]
    for task in made[6:2:-1]:
        await client.patch(f"{PATH}/{task['id']}", json={"description": "new"})
    changed = (await page(client, sort="updated_at"))["items"]
    since = changed[2]["updated_at"]
    wanted = {"limit": 2, "updated_since": since}
    wanted |= {name: value for name, value in (("sort", sort), ("completed", completed)) if value}
    expected = [task for task in changed[2:] if completed in (None, str(task["completed"]).lower())]
    got = await pages(client, **wanted)
    assert {task["id"] for task in got} == {task["id"] for task in expected}
    key = (sort or "updated_at").removeprefix("-")
    order = [task[key] for task in got]
    assert order == sorted(order, reverse=(sort or "").startswith("-"))


async def test_updated_since_takes_any_offset(client):
    task = await add(client, "one")
    at = datetime.fromisoformat(task["updated_at"])
    for offset, text in ((0, "Z"), (0, "+00:00"), (120, "+02:00"), (-330, "-05:30")):
        local = (at + timedelta(minutes=offset)).strftime("%Y-%m-%dT%H:%M:%S.%f")
        assert titles((await page(client, updated_since=local + text))["items"]) == ["one"]
    later = (at + timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert (await page(client, updated_since=later))["items"] == []


async def test_many_changed_long_ago_and_few_lately(client, server):
    """The list is then read by another way, and must say the same."""
    await execute(
        server.environment["DATABASE_URL"],
        "INSERT INTO tasks (workspace_id, title, completed_at)"
        " SELECT '00000000-0000-7000-8000-000000000000', 'task ' || n, CASE WHEN n % 3 = 0 THEN now() END"
        " FROM generate_series(1, 2500) AS n",
    )
    last = (await page(client, sort="-position", limit=5))["items"]
    for task in last:
        await client.patch(f"{PATH}/{task['id']}", json={"description": "new"})
    since = (await page(client, sort="-updated_at", limit=5))["items"][-1]["updated_at"]
    got = await pages(client, sort="position", updated_since=since, limit=2)
    assert [task["id"] for task in got] == [task["id"] for task in last[::-1]]
    assert len(await pages(client, sort="position", updated_since="2000-01-01T00:00:00Z", limit=200)) == 2500


async def test_what_changed_may_stand_far_behind_what_did_not(client, server):
    """Pages are then shorter than they could be, and lead on until everything was there once."""
    await execute(
        server.environment["DATABASE_URL"],
        "INSERT INTO tasks (workspace_id, title, completed_at, created_at, updated_at)"
        " SELECT '00000000-0000-7000-8000-000000000000', 'Tâsk ' || 10000 + n, CASE WHEN n % 3 = 0 THEN at END, at, at"
        " FROM generate_series(1, 7700) AS n,"
        " LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + n * interval '1 s' AS at) AS second",
    )
    since, changed = "2026-01-01T01:40:00Z", [f"Tâsk {10000 + n}" for n in range(6000, 7701)]
    for sort, limit in (("position", 50), ("-created_at", 200), ("title", 50), ("-title", 150)):
        got = await page(client, sort=sort, limit=limit, updated_since=since)
        found, sizes = got["items"], [len(got["items"])]
        while got["next"] is not None:
            got = await page(client, sort=sort, limit=limit, updated_since=since, cursor=got["next"])
            found += got["items"]
            sizes.append(len(got["items"]))
        assert titles(found) == (changed[::-1] if sort.startswith("-") else changed)
        assert max(sizes) == limit
        assert sort.startswith("-") or min(sizes[:-1]) < limit


@pytest.mark.parametrize("sort", ["position", "created_at", "-created_at", "title", "-title"])
async def test_every_task_that_stays_in_its_place_appears_exactly_once_while_others_write(client, sort):
    stay = {(await add(client, f"stays {n % 7}"))["id"] for n in range(40)}
    others = [await add(client, f"goes {n}") for n in range(20)]
    stop = asyncio.Event()

    async def write(first: int) -> None:
        n = first
        while not stop.is_set():
            task = others[n % len(others)]
            n += 2
            await client.patch(f"{PATH}/{task['id']}", json={"title": f"{'az'[n // 2 % 2]} goes {n}"})
            await client.put(f"{PATH}/{task['id']}/completion")
            await client.put(f"{PATH}/{task['id']}/position", json={"before": others[(n + 5) % len(others)]["id"]})
            await client.delete(f"{PATH}/{task['id']}")
            await client.post(f"{PATH}/{task['id']}/restore")
            await add(client, f"{'az'[n // 2 % 2]} comes")

    writers = [asyncio.create_task(write(first)) for first in (0, 1)]
    try:
        for _ in range(3):
            seen = [task["id"] for task in await pages(client, sort=sort, limit=3)]
            assert sorted(each for each in seen if each in stay) == sorted(stay)
    finally:
        stop.set()
        await asyncio.gather(*writers)


async def test_a_task_that_is_completed_between_two_pages_appears_once(client):
    made = [await add(client, f"task {n}") for n in range(6)]
    first = await page(client, limit=3)
    await client.put(f"{PATH}/{made[4]['id']}/completion")
    await client.put(f"{PATH}/{made[1]['id']}/completion")
    second = await page(client, limit=3, cursor=first["next"])
    assert titles(first["items"] + second["items"]) == [f"task {n}" for n in range(6)]
    assert second["next"] is None


async def test_the_trash_is_listed_newest_first(client):
    made = [await add(client, f"task {n}") for n in range(5)]
    for number in (3, 0, 4, 1):
        await client.delete(f"{PATH}/{made[number]['id']}")
    got = await pages(client, f"{PATH}/trash", limit=3)
    assert titles(got) == ["task 1", "task 4", "task 0", "task 3"]
    assert all(task["deleted_at"] for task in got)
    await client.delete(f"{PATH}/trash/{made[4]['id']}")
    assert titles(await pages(client, f"{PATH}/trash")) == ["task 1", "task 0", "task 3"]


async def test_the_trash_that_was_filled_at_once_has_pages_too(client, server):

    for n in range(7):
        await add(client, f"task {n}")
    await execute(server.environment["DATABASE_URL"], "UPDATE tasks SET deleted_at = now()")
    got = await pages(client, f"{PATH}/trash", limit=2)
    assert [task["id"] for task in got] == sorted((task["id"] for task in got), reverse=True)
    assert len(got) == 7
    await execute(server.environment["DATABASE_URL"], "UPDATE tasks SET deleted_at = now() - interval '31 days'")
    assert await pages(client, f"{PATH}/trash") == []
