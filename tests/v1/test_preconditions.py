"""ETags: strong, and asked for with `If-None-Match` and `If-Match` (RFC 9110, section 13)."""

import asyncio
from typing import Any

import pytest

from tests.contract.expect import UNKNOWN, refused
from tests.v1.conftest import TASKS, WRITES

HOLDS = ['"{v}"', '"0", "{v}"', '"x","{v}" , W/"9"', "*", '"{v}",', ', "{v}"']
STALE = [
    '"{before}"',
    '"{after}"',
    'W/"{v}"',
    '""',
    '"x"',
    '"0{v}"',
    '"-{v}"',
    '"{v}.0"',
    '"99999999999999999999"',
    '"²"',
]
MALFORMED = ["{v}", '"{v}', "", ",", '"{v}" "{v}"', '*, "{v}"', "W/*", 'w/"{v}"', "'{v}'", '"{v}";', '"a b"']


def tags(pattern: str, version: int) -> Any:
    """A header, with a version in it; bytes, as it is not always ASCII."""
    return pattern.format(v=version, before=version - 1, after=version + 1).encode("latin-1")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("pattern", HOLDS)
async def test_a_write_whose_version_is_still_there(there, log_head, name, pattern):
    before = await log_head()
    answer = await there.write(name, {"if-match": tags(pattern, there.of(name)["version"])})
    assert answer.is_success, answer.text
    assert await log_head() == before + 1
    if answer.content:
        assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
        assert answer.json()["version"] == there.of(name)["version"] + 1


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_whose_version_has_gone(client, there, rows, log_head, name):
    was, before = there.of(name), await log_head()
    for pattern in STALE:
        answer = await there.write(name, {"if-match": tags(pattern, was["version"])})
        problem = refused(answer, 412)
        assert problem["type"] == "stale"
        assert answer.headers["etag"] == f'"{was["version"]}"'
        assert problem["current"]["id"] == was["id"]
        assert problem["current"]["version"] == was["version"]
        if was["title"] != "Trashed":
            assert problem["current"] == (await client.get(f"{TASKS}/{was['id']}")).json() == was
        else:
            assert problem["current"]["deleted_at"] is not None
    assert await log_head() == before
    [stored] = await rows(f"SELECT version FROM tasks WHERE id = '{was['id']}'")
    assert stored["version"] == was["version"]


@pytest.mark.parametrize("name", WRITES)
async def test_a_precondition_that_cannot_be_read(there, log_head, name):
    before = await log_head()
    for pattern in MALFORMED:
        answer = await there.write(name, {"if-match": tags(pattern, there.of(name)["version"])})
        assert refused(answer, 400)["type"] == "bad-precondition", pattern
    assert await log_head() == before


async def test_a_precondition_in_two_lines_is_one_list(there):
    answer = await there.write("edit", [("if-match", '"99"'), ("if-match", '"1"')])
    assert answer.status_code == 200
    answer = await there.write("complete", [("if-match", '"2"'), ("if-match", "nonsense")])
    assert answer.status_code == 400


@pytest.mark.parametrize("name", WRITES)
async def test_no_task_has_no_version(client, there, name):
    """404, whatever is expected of it."""
    method, path, body = WRITES[name]
    address = path.format(id=UNKNOWN, done=UNKNOWN, trashed=UNKNOWN)
    body = body and {"before": there.tasks["other"]["id"]} if name == "move" else body
    for expected in ("*", '"1"'):
        answer = await client.request(method, f"{TASKS}{address}", json=body, headers={"if-match": expected})
        refused(answer, 404)


async def test_restoring_what_is_not_in_the_trash_heeds_the_version(client, task):
    address = f"{TASKS}/{task['id']}/restore"
    assert refused(await client.post(address, headers={"if-match": '"2"'}), 412)["current"] == task
    assert (await client.post(address, headers={"if-match": '"1"'})).json() == task


async def test_a_move_heeds_the_version_of_what_is_moved_before_it_looks_for_the_other(client, task):
    answer = await client.put(f"{TASKS}/{task['id']}/position", json={"before": UNKNOWN}, headers={"if-match": '"2"'})
    assert refused(answer, 412)["current"] == task


@pytest.mark.parametrize("pattern", [*HOLDS, 'W/"{v}"', 'W/"{v}", "0"'])
async def test_a_read_of_what_was_seen_already(client, task, pattern):
    answer = await client.get(f"{TASKS}/{task['id']}", headers={"if-none-match": tags(pattern, 1)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("pattern", ['"{before}"', '"{after}"', '"x"', '"0{v}"'])
async def test_a_read_of_what_was_not_seen(client, task, pattern):
    answer = await client.get(f"{TASKS}/{task['id']}", headers={"if-none-match": tags(pattern, 1)})
    assert (answer.status_code, answer.json()) == (200, task)


@pytest.mark.parametrize("pattern", MALFORMED)
async def test_a_read_with_a_condition_that_cannot_be_read(client, task, pattern):
    answer = await client.get(f"{TASKS}/{task['id']}", headers={"if-none-match": tags(pattern, 1)})
    refused(answer, 400)


async def test_of_many_at_once_with_one_version_one_writes(client, task):
    async def write(title: str):
        return await client.patch(f"{TASKS}/{task['id']}", json={"title": title}, headers={"if-match": '"1"'})

    answers = await asyncio.gather(*(write(f"x{number}") for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    assert all(answer.json()["current"] == won for answer in answers if answer.status_code == 412)
    assert (await client.get(f"{TASKS}/{task['id']}")).json() == won


async def test_disjoint_changes_without_a_condition_both_survive(client, task):
    address = f"{TASKS}/{task['id']}"
    patches = [{"title": "New"}, {"description": None}, {"completed": True}]
    answers = await asyncio.gather(*(client.patch(address, json=patch) for patch in patches))
    assert [answer.status_code for answer in answers] == [200] * 3
    now = (await client.get(address)).json()
    assert (now["title"], now["description"], now["completed"], now["version"]) == ("New", None, True, 4)
