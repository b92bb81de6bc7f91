"""Tasks are arranged by moving one next to another; a position is compared byte by byte, and nobody else's moves."""

import asyncio
import random

import pytest

from tests.contract.expect import UNKNOWN, refused
from tests.v1.conftest import TASKS, Task


@pytest.fixture
async def five(add) -> list[Task]:
    """Tasks in their order."""
    return [await add(title) for title in "abcde"]


@pytest.fixture
def move(client, five):
    """Move one next to another, by their titles."""
    ids = {task["title"]: task["id"] for task in five}

    async def move(what: str, how: str, which: str):
        return await client.put(f"{TASKS}/{ids[what]}/position", json={how: ids[which]})

    return move


@pytest.fixture
def arranged(rows):
    """All titles, as the tasks are arranged; those in the trash in brackets."""

    async def arranged() -> str:
        found = await rows("SELECT title, deleted_at, position FROM tasks")
        ordered = sorted(found, key=lambda row: row["position"].encode())
        assert len({row["position"] for row in ordered}) == len(ordered)
        return "".join(f"({row['title']})" if row["deleted_at"] else row["title"] for row in ordered)

    return arranged


@pytest.mark.parametrize(
    ("what", "how", "which", "expected"),
    [
        ("e", "before", "a", "eabcd"),
        ("a", "after", "e", "bcdea"),
        ("a", "before", "e", "bcdae"),
        ("e", "after", "a", "aebcd"),
        ("b", "after", "c", "acbde"),
        ("d", "before", "c", "abdce"),
        ("c", "before", "a", "cabde"),
    ],
)
async def test_a_move(client, five, move, arranged, log_head, what, how, which, expected):  # noqa: PLR0917
    before = await log_head()
    answer = await move(what, how, which)
    assert answer.status_code == 200
    assert await arranged() == expected
    assert await log_head() == before + 1
    moved = answer.json()
    was = next(task for task in five if task["title"] == what)
    assert moved == was | {name: moved[name] for name in ("position", "version", "updated_at")}
    assert moved["version"] == 2
    for task in five:
        if task["title"] != what:
            assert (await client.get(f"{TASKS}/{task['id']}")).json() == task


@pytest.mark.parametrize(
    ("what", "how", "which"),
    [("a", "before", "b"), ("b", "after", "a"), ("e", "after", "d"), ("c", "before", "c"), ("c", "after", "c")],
)
async def test_a_move_to_where_it_is(five, move, arranged, log_head, what, how, which):  # noqa: PLR0917
    before = await log_head()
    answer = await move(what, how, which)
    assert answer.json() in five
    assert (await arranged(), await log_head()) == ("abcde", before)


async def test_a_neighbour_in_the_trash_keeps_its_place_and_is_no_target(client, five, move, arranged):
    await client.delete(f"{TASKS}/{five[2]['id']}")
    refused(await move("a", "before", "c"), 404)
    refused(await move("c", "before", "a"), 404)
    assert (await move("e", "after", "b")).status_code == 200
    assert (await arranged()).replace("(c)", "") == "abed"
    assert (await client.post(f"{TASKS}/{five[2]['id']}/restore")).json()["position"] == five[2]["position"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"before": "{a}", "after": "{b}"},
        {"before": None},
        {"before": 1},
        {"before": ["{a}"]},
        {"position": "800000000001"},
        {"before": "{a}", "x": 1},
        [],
    ],
)
async def test_one_neighbour_is_named(client, five, arranged, body):
    ids = {task["title"]: task["id"] for task in five}
    if isinstance(body, dict):
        body = {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    refused(await client.put(f"{TASKS}/{ids['e']}/position", json=body), 422)
    assert await arranged() == "abcde"


@pytest.mark.parametrize("anchor", [UNKNOWN, "", "nonsense", "'"])
async def test_a_neighbour_that_is_not_there(client, five, arranged, anchor):
    answer = await client.put(f"{TASKS}/{five[0]['id']}/position", json={"after": anchor})
    assert refused(answer, 404)["detail"] == "The task to move next to was not found"
    assert await arranged() == "abcde"


async def test_moves_of_all_kinds_at_once_lose_nobody(client, five, rows, arranged):
    """Whoever moves at the same time: each is answered, nobody vanishes, and no two are in one place."""
    dice = random.Random(4)

    async def mover() -> None:
        for _ in range(12):
            what, which = dice.sample(five, 2)
            how = dice.choice(["before", "after"])
            answer = await client.put(f"{TASKS}/{what['id']}/position", json={how: which["id"]})
            assert answer.status_code == 200, answer.text

    await asyncio.gather(*(mover() for _ in range(6)))
    assert sorted(await arranged()) == list("abcde")


async def test_between_two_there_is_always_room(client, five, rows, arranged):
    """Two that take turns between the same two come to a place where there is no more room: it is made."""
    a, b, c = five[:3]
    for turn in range(400):
        moved = b if turn % 2 else c
        other = c if turn % 2 else b
        answer = await client.put(f"{TASKS}/{moved['id']}/position", json={"before": other["id"]})
        assert answer.status_code == 200
    assert await arranged() == "abcde"
    [longest] = await rows("SELECT max(length(position)) AS digits FROM tasks")
    assert longest["digits"] < 250
    assert (await client.get(f"{TASKS}/{a['id']}")).json()["title"] == "a"
