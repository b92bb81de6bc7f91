"""Many refused requests with one key at the same time."""

import asyncio
from uuid import uuid4

from tests.contract.expect import refused


async def test_each_is_refused_for_what_it_is(client):
    for _ in range(10):
        headers = {"idempotency-key": str(uuid4())}
        racing = [client.post("/tasks", json={"title": ""}, headers=headers) for _ in range(12)]
        for answer in await asyncio.gather(*racing):
            assert refused(answer, 422)["type"] == "invalid"


async def test_a_good_one_among_bad_ones_is_told_about_the_key(client):
    for _ in range(10):
        headers = {"idempotency-key": str(uuid4())}
        racing = [client.post("/tasks", json={"title": title}, headers=headers) for title in ("", "x", "", "x", "")]
        answers = await asyncio.gather(*racing)
        for title, answer in zip(("", "x", "", "x", ""), answers, strict=True):
            if answer.status_code == 201:
                continue
            kinds = {"invalid", "key-reused"} if title == "" else {"key-in-flight", "key-reused"}
            assert answer.json()["type"] in kinds
