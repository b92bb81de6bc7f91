"""`updated_at` ≥ `created_at`, and it moves with every change."""

import asyncio

from tests.contract.expect import Task, a_task, moment


async def test_changes_at_once_each_have_a_time_of_their_own(client, task: Task):
    answers = await asyncio.gather(
        *(client.put(f"/tasks/{task['id']}", json={"title": f"Title {n}"}) for n in range(40))
    )
    changes = [a_task(answer.json()) for answer in answers]
    times = [moment(change["updated_at"]) for change in changes]
    assert len(set(times)) == 40
    assert min(times) > moment(task["updated_at"])


async def test_the_latest_of_changes_at_once_is_what_stays(client, task: Task):
    answers = await asyncio.gather(
        *(client.put(f"/tasks/{task['id']}", json={"title": f"Title {n}"}) for n in range(40))
    )
    latest = max((answer.json() for answer in answers), key=lambda change: moment(change["updated_at"]))
    assert (await client.get("/tasks")).json() == [latest]


async def test_changes_at_once_of_different_members_all_stay(client, task: Task):
    members: list[dict[str, object]] = [{"title": "Cheese"}, {"description": "Old"}, {"completed": True}, {}] * 10
    await asyncio.gather(*(client.put(f"/tasks/{task['id']}", json=change) for change in members))
    [stored] = (await client.get("/tasks")).json()
    assert (stored["title"], stored["description"], stored["completed"]) == ("Cheese", "Old", True)


async def test_a_reader_never_sees_time_go_back(client, task: Task):
    seen: list[str] = []

    async def change() -> None:
        for n in range(30):
            await client.put(f"/tasks/{task['id']}", json={"title": str(n)})

    async def read(changing: asyncio.Task[None]) -> None:
        while not changing.done():
            [stored] = (await client.get("/tasks")).json()
            seen.append(stored["updated_at"])

    changing = asyncio.create_task(change())
    await read(changing)
    await changing
    assert len(set(seen)) > 1
    assert seen == sorted(seen)
