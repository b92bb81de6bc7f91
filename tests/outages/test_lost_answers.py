"""A connection that is lost while it is used: nobody is told that a write failed when it may have been stored."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from tests.outages.hurting import held, waiting
from tests.outages.proxy import Trap
from tests.outages.site import Site, keyed
from tests.waiting import until

WRITES = ("create", "change", "delete")


async def write(site: Site, kind: str, task: str, title: str, key: str | None = None) -> httpx.Response:
    """Ask for a change, maybe with a key."""
    headers = keyed(key) if key else {}
    match kind:
        case "create":
            return await site.http.post("/tasks", json={"title": title}, headers=headers)
        case "change":
            return await site.http.put(f"/tasks/{task}", json={"title": title}, headers=headers)
        case _:
            return await site.http.delete(f"/tasks/{task}", headers=headers)


AFTERWARDS = {"create": ["There before", "new"], "change": ["new"], "delete": []}
SUCCESS = {"create": 201, "change": 200, "delete": 204}


@pytest.mark.parametrize("kind", WRITES)
async def test_without_a_key_a_write_whose_answer_is_lost_is_unknown(either: Site, kind: str):
    """The database has committed, and its acknowledgement never comes."""
    task = await either.add()
    either.proxy.catch(UUID(task).bytes if kind == "delete" else "new", Trap.AFTER)
    answer = await write(either, kind, task, "new")
    await either.refused(answer, 503, "outcome-unknown", 2)
    assert either.proxy.caught
    assert await either.titles() == AFTERWARDS[kind]


@pytest.mark.parametrize("trap", [Trap.AFTER, Trap.BEFORE], ids=["answer", "half the message"])
@pytest.mark.parametrize("kind", WRITES)
async def test_with_a_key_a_write_that_is_lost_happens_once_and_is_answered(either: Site, kind: str, trap: Trap):
    task = await either.add()
    key = f"key-{uuid4()}"
    either.proxy.catch(key, trap)
    answer = await write(either, kind, task, "new", key)
    assert answer.status_code == SUCCESS[kind], answer.text
    assert answer.headers.get("idempotency-replayed") == ("true" if trap is Trap.AFTER else None)
    assert either.proxy.caught
    assert await either.titles() == AFTERWARDS[kind]
    again = await write(either, kind, task, "new", key)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await either.titles() == AFTERWARDS[kind]


async def test_a_write_that_was_cut_in_two_is_unknown_and_did_not_happen(either: Site):
    either.proxy.catch("new", Trap.BEFORE)
    await either.refused(await write(either, "create", "", "new"), 503, "outcome-unknown", 2)
    assert await either.titles() == []


async def test_the_same_key_after_an_unknown_outcome_gets_the_answer(either: Site):
    """What a client does that never heard anything: its own connection broke."""
    key = f"key-{uuid4()}"
    async with held(either, "LOCK TABLE tasks IN SHARE MODE"):
        gone = asyncio.create_task(write(either, "create", "", "new", key))
        await waiting(either)
        gone.cancel()
    answers = []

    async def answered() -> bool:
        answers.append(await write(either, "create", "", "new", key))
        return answers[-1].status_code != 409

    await until(answered)
    assert answers[-1].status_code == 201
    assert await either.titles() == ["new"]


@pytest.mark.parametrize("trap", [Trap.AFTER, Trap.BEFORE], ids=["answer", "half the message"])
async def test_a_lost_read_is_asked_again_unnoticed(either: Site, trap: Trap):
    either.proxy.catch(DEFAULT_WORKSPACE.bytes, trap)
    assert (await either.http.get("/tasks")).status_code == 200
    assert either.proxy.caught


@pytest.mark.parametrize("key", [None, "ended-key"], ids=["plain", "keyed"])
async def test_a_backend_that_is_ended_while_it_writes(either: Site, admin_url: str, key: str | None):
    """57P01, `pg_terminate_backend`: Postgres may say so after it has committed, too."""
    task = await either.add()
    key = key and f"{key}-{task}"
    async with held(either, "UPDATE tasks SET description = 'theirs'"):
        ours = asyncio.create_task(write(either, "change", task, "new", key))
        await waiting(either)
        await either.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if key is None:
            await either.refused(await ours, 503, "outcome-unknown", 2)
        else:
            await waiting(either)
    assert (await ours).status_code == (503 if key is None else 200)
    assert await either.titles() == ["There before" if key is None else "new"]
