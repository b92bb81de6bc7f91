"""JSON nested without end: 422 or ignored, never 500, and the server answers on."""

import pytest

from tests.contract.conftest import Write
from tests.contract.expect import refused

DEPTHS = [500, 1_000, 5_000, 100_000]
NESTS = {
    "arrays": lambda depth: b"[" * depth + b"]" * depth,
    "objects": lambda depth: b'{"a":' * depth + b"1" + b"}" * depth,
    "arrays of objects": lambda depth: b'[{"a":' * (depth // 2) + b"1" + b"}]" * (depth // 2),
    "titles": lambda depth: b'{"title":' * depth + b"1" + b"}" * depth,
    "arrays that are not closed": lambda depth: b"[" * depth,
    "objects that are not closed": lambda depth: b'{"a":' * depth,
}


@pytest.fixture(params=NESTS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_deep_body_is_refused(client, kind: str, depth: int):
    headers = {"content-type": "application/json"}
    refused(await client.post("/tasks", content=NESTS[kind](depth), headers=headers), 422)
    assert (await client.get("/tasks")).json() == []


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("member", ["title", "description", "completed"])
async def test_a_deep_member_is_refused(client, task, kind: str, depth: int, member: str):
    body = b'{"%s": %s}' % (member.encode(), NESTS[kind](depth))
    headers = {"content-type": "application/json"}
    refused(await client.put(f"/tasks/{task['id']}", content=body, headers=headers), 422)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_deep_unknown_member_is_ignored_or_refused(write: Write, everything, kind: str, depth: int):
    answer = await write(b'{"title": "Deep", "unknown": ' + NESTS[kind](depth) + b"}")
    taken = answer.status_code in (200, 201)
    if not taken:
        refused(answer, 422)
    assert ("Deep" in [task["title"] for task in await everything()]) is taken
    assert not (taken and "not closed" in kind)


async def test_a_wide_unknown_member_is_ignored(write: Write):
    answer = await write(b'{"title": "Wide", "unknown": [' + b"[]," * 300_000 + b"[]]}")
    assert answer.status_code in (200, 201)
