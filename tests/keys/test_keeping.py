"""Keys are kept for a day by the database's clock, then forgotten little by little, and outlive every restart."""

import asyncio

from tests.conftest import execute
from tests.keys.conftest import alike, replayed
from tests.server import Server

OLD, A_FEW = 10, 4


async def age(server: Server, stem: str, interval: str) -> None:
    """Let keys be older by the database's clock."""
    await execute(
        server.environment["DATABASE_URL"],
        f"UPDATE idempotency_keys SET created_at = now() - interval '{interval}' WHERE key LIKE '{stem}%'",
    )


async def kept(server: Server, stem: str) -> int:
    """How many keys there are that begin like this."""
    [row] = await execute(
        server.environment["DATABASE_URL"], f"SELECT count(*) FROM idempotency_keys WHERE key LIKE '{stem}%'"
    )
    number: int = row["count"]
    return number


async def add(client, key: str, title: str = "x"):
    return await client.post("/tasks", json={"title": title}, headers={"idempotency-key": key})


async def test_a_key_of_yesterday_still_counts(client, server, key):
    first = await add(client, key)
    await age(server, key, "24 hours")
    for _ in range(OLD):
        await add(client, f"{key}-other-{_}")
    answer = await add(client, key)
    assert alike(answer, first)
    assert replayed(answer)


async def test_older_keys_are_forgotten_a_few_at_each_keyed_write(client, server, key):
    for number in range(OLD):
        await add(client, f"{key}-{number}")
    await age(server, key, "25 hours 1 minute")
    left = [OLD]
    while left[-1]:
        await add(client, f"new-{key}-{len(left)}")
        left.append(await kept(server, key))
        assert left[-2] - A_FEW <= left[-1] < left[-2]
    assert len(left) > 2
    assert await kept(server, f"new-{key}") == len(left) - 1
    answer = await add(client, f"{key}-0", "A new day, another task")
    assert answer.status_code == 201
    assert not replayed(answer)


async def test_what_is_not_a_keyed_write_forgets_nothing(client, server, key):
    await add(client, key)
    await age(server, key, "26 hours")
    await client.post("/tasks", json={"title": "x"})
    await client.get("/tasks", headers={"idempotency-key": f"{key}-other"})
    assert await kept(server, key) == 1
    assert replayed(await add(client, key))


def test_keys_outlive_a_restart_of_server_and_database(tmp_path):
    import httpx

    def write(server: Server) -> list[httpx.Response]:
        requests = [("POST", "/tasks", {"title": "x"}), ("POST", "/tasks", {"title": ""}), ("DELETE", "/tasks/1", None)]
        with httpx.Client(base_url=server.url, timeout=30) as http:
            return [
                http.request(
                    method, path, json=body, headers={"idempotency-key": f"k{number}", "x-request-id": "the-same"}
                )
                for number, (method, path, body) in enumerate(requests)
            ]

    server = Server(tmp_path, DATA_DIR=tmp_path / "data")
    with server:
        first = write(server)
    assert [answer.status_code for answer in first] == [201, 422, 404]
    with server:
        again = write(server)
        assert len(httpx.get(f"{server.url}/tasks").json()) == 1
    assert [alike(answer, before) for answer, before in zip(again, first, strict=True)] == [True] * len(first)
    assert all(replayed(answer) for answer in again)


async def test_who_waits_for_a_task_holds_no_old_keys(client, server, key, task, hold):
    """Whoever deletes a task for good holds it, and then wants the keys whose answers show it."""
    await add(client, key)
    await age(server, key, "26 hours")
    async with hold(f"SELECT FROM tasks WHERE id = '{task['id']}'") as holder:
        delete = client.delete(f"/tasks/{task['id']}", headers={"idempotency-key": f"new-{key}"})
        deleting = asyncio.create_task(delete)
        await holder.waited_for()
        taken = "SELECT FROM idempotency_keys WHERE created_at < now() - interval '25 hours' FOR UPDATE NOWAIT"
        assert len(await holder.connection.fetch(taken)) >= 1
        await holder.release()
    assert (await deleting).status_code == 204
