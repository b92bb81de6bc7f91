"""Many at once: nothing deadlocks, nothing is lost silently, and the order stays one that somebody asked for."""

import asyncio
import random
from collections import Counter
from typing import Any

import asyncpg

from tests.conftest import execute
from tests.v1.using import add, applied, arranged, batch, changes, everything, latest, new_id, one, undo
from tests.waiting import until

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def test_batches_undo_and_single_writes_never_deadlock(client, server):
    url = server.environment["DATABASE_URL"]
    tasks = [(await add(client, f"task {number}"))["id"] for number in range(12)]
    shared = [new_id() for _ in range(6)]
    [before] = await execute(url, DEADLOCKS)
    seen: Counter[int] = Counter()

    async def batches(worker: int) -> None:
        chance = random.Random(worker)
        for number in range(8):
            some = chance.sample(tasks, 5)
            named = [{"op": "create", "id": name, "title": "shared"} for name in chance.sample(shared, 3)]
            updates = [{"op": "update", "id": name, "title": f"{worker} {number}"} for name in some[:3]]
            moves = [{"op": "move", "id": some[3], "after": some[4]}, {"op": "move", "id": some[0], "before": some[1]}]
            operations: list[dict[str, Any]] = [*named, *updates, *moves]
            chance.shuffle(operations)
            answer = await batch(client, *operations)
            assert answer.status_code == 200, answer.text
            seqs = [change["seq"] for change in await changes(client) if request(answer) == change["request_id"]]
            if chance.random() < 0.5:
                taken = await client.post("/api/v1/undo", json={"first": seqs[0], "last": seqs[-1]})
                assert taken.status_code in (200, 409), taken.text
                seen[taken.status_code] += 1

    async def singles(worker: int) -> None:
        chance = random.Random(worker)
        for number in range(25):
            name, other = chance.sample(tasks, 2)
            if number % 3:
                answer = await client.patch(f"/api/v1/tasks/{name}", json={"description": f"{worker} {number}"})
            else:
                answer = await client.put(f"/api/v1/tasks/{name}/position", json={"after": other})
            assert answer.status_code == 200, answer.text

    await asyncio.gather(*map(batches, range(4)), *map(singles, range(4, 7)))
    [after] = await execute(url, DEADLOCKS)
    assert after == before
    found = await everything(client)
    assert len({task["position"] for task in found.values()}) == len(found)
    assert found.keys() >= set(tasks)


def request(answer: Any) -> str:
    """The id of the request."""
    return str(answer.headers["x-request-id"])


async def test_edits_without_if_match_are_all_in_the_log(client):
    task = await add(client, "start")
    seq = (await latest(client))["seq"]
    path = f"/api/v1/tasks/{task['id']}"
    answers = await asyncio.gather(*(client.patch(path, json={"title": f"title {n}"}) for n in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    written = [change["diff"]["title"] for change in await changes(client, after=seq)]
    assert [before for before, _ in written] == ["start", *(after for _, after in written[:-1])]
    assert sorted(after for _, after in written) == sorted(f"title {n}" for n in range(20))
    assert (await one(client, task))["version"] == 21


async def test_edits_of_different_members_both_survive(client):
    task = await add(client, "x")
    path = f"/api/v1/tasks/{task['id']}"
    edits = ({"title": "y"}, {"description": "d"}, {"completed": True})
    await asyncio.gather(
        *(client.patch(path, json=edit) for edit in edits), batch(client, {"op": "create", "title": "z"})
    )
    found = await one(client, task)
    assert (found["title"], found["description"], found["completed"], found["version"]) == ("y", "d", True, 4)


async def test_with_if_match_no_edit_runs_over_another(client):
    """Eight who count in one title, each from what was read: every step is there in the end."""
    task = await add(client, "0")
    path = f"/api/v1/tasks/{task['id']}"
    seen: Counter[int] = Counter()

    async def count(single: bool) -> None:
        read = (await client.get(path)).json()
        for _ in range(5):
            while True:
                title, version = str(int(read["title"]) + 1), read["version"]
                if single:
                    answer = await client.patch(path, json={"title": title}, headers={"if-match": f'"{version}"'})
                else:
                    update = {"op": "update", "id": task["id"], "title": title, "version": version}
                    answer = await batch(client, update)
                seen[answer.status_code] += 1
                if answer.status_code == 200:
                    read = answer.json() if single else answer.json()["results"][0]["task"]
                    break
                assert answer.status_code == 412
                read = answer.json()["current"]

    await asyncio.gather(*(count(number % 2 == 0) for number in range(8)))
    assert (await one(client, task))["title"] == "40"
    assert seen[200] == 40
    assert seen[412] > 0  # else nobody was in anybody's way


async def test_moves_into_one_gap_all_end_up_in_it(client):
    first, last = await add(client, "first"), await add(client, "last")
    tasks = await applied(client, *({"op": "create", "title": f"{number:02}"} for number in range(24)))

    async def move(number: int) -> None:
        place = {"after": first["id"]} if number % 2 else {"before": last["id"]}
        if number % 3:
            answer = await client.put(f"/api/v1/tasks/{tasks[number]['id']}/position", json=place)
        else:
            answer = await batch(client, {"op": "move", "id": tasks[number]["id"], **place})
        assert answer.status_code == 200, answer.text

    for _ in range(3):
        await asyncio.gather(*map(move, range(20)))
        titles = await arranged(client)
        assert titles[0] == "first"
        assert sorted(titles[1:21]) == [f"{number:02}" for number in range(20)]
        assert titles[21:] == ["last", "20", "21", "22", "23"]
    assert len({task["position"] for task in (await everything(client)).values()}) == 26


async def test_one_of_many_undoes(client, server):
    task = await add(client, "x")
    await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "y"})
    updated = await latest(client)
    await execute(server.environment["DATABASE_URL"], "DELETE FROM tasks")
    deleted = await latest(client)
    for change in (deleted, updated):
        answers = await asyncio.gather(*(undo(client, change) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert await one(client, task) == task | {"version": 5, "updated_at": (await latest(client))["at"]}


async def test_an_id_that_many_create_at_once_is_one_task(client):
    body = {"id": new_id(), "title": "x"}
    operations = [{"op": "create", **body}, {"op": "create", "title": "y"}]
    posts = (client.post("/api/v1/tasks", json=body) for _ in range(6))
    answers = await asyncio.gather(*(batch(client, *operations) for _ in range(6)), *posts)
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert sorted(await arranged(client)) == ["x", *["y"] * 6]


async def test_an_id_that_another_creates_while_a_batch_looks_for_it_is_one_task(client, server):
    """Between two statements of the batch: it finds no task to lock, and then the log has one."""
    task_id = new_id()
    connection = await asyncpg.connect(server.environment["DATABASE_URL"])
    try:
        await connection.execute("BEGIN; LOCK TABLE changes")
        creating = asyncio.create_task(batch(client, {"op": "create", "id": task_id, "title": "x"}))
        await until(lambda: connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        insert = "INSERT INTO tasks (id, workspace_id, title) SELECT $1, id, 'x' FROM workspaces LIMIT 1"
        await connection.execute(insert, task_id)
        await connection.execute("COMMIT")
    finally:
        await connection.close()
    answer = await creating
    assert answer.status_code == 200, answer.text
    assert await arranged(client) == ["x"]


async def test_an_undo_waits_for_who_is_changing_the_task(client, server):
    """And sees the change: it is not run over."""
    task = await add(client, "x")
    await client.patch(f"/api/v1/tasks/{task['id']}", json={"title": "y"})
    change = await latest(client)
    connection = await asyncpg.connect(server.environment["DATABASE_URL"])
    try:
        await connection.execute("BEGIN; UPDATE tasks SET title = 'z'")
        taking = asyncio.create_task(undo(client, change))
        await asyncio.sleep(0.3)
        assert not taking.done()
        await connection.execute("COMMIT")
    finally:
        await connection.close()
    answer = await taking
    assert (answer.status_code, answer.json()["change"]) == (409, await latest(client))
