"""Many refused requests with one key at the same time."""

import asyncio
from uuid import uuid4

from tests.contract.expect import faults, refused
from tests.keys.conftest import KEY_REUSED

EMPTY_TITLE = [("string_too_short", ["body", "title"])]


async def test_each_is_refused_for_what_it_is(client):
    for _ in range(10):
        headers = {"idempotency-key": str(uuid4())}
        racing = [client.post("/tasks", json={"title": ""}, headers=headers) for _ in range(12)]
        for answer in await asyncio.gather(*racing):
            assert faults(answer) == EMPTY_TITLE


async def test_a_good_one_among_bad_ones_is_told_about_the_key(client):
    for _ in range(10):
        headers = {"idempotency-key": str(uuid4())}
        racing = [client.post("/tasks", json={"title": title}, headers=headers) for title in ("", "x", "", "x", "")]
        answers = await asyncio.gather(*racing)
        for title, answer in zip(("", "x", "", "x", ""), answers, strict=True):
            if answer.status_code == 201:
                continue
            if answer.status_code == 409:
                assert title == "x"
                assert refused(answer, 409)["type"] == "key-in-flight"
            else:
                assert faults(answer) in ([KEY_REUSED, EMPTY_TITLE] if title == "" else [KEY_REUSED])
