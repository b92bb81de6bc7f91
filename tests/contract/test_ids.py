"""Unknown id, and any id that is not a UUID: 404 on PUT and DELETE. Ids are opaque to clients."""

import httpx
import pytest

from tests.contract.expect import UNKNOWN, Task, refused

NOT_A_UUID = [
    *("1", "0", "-1", "null", "undefined", "new", "all", "*", ".", "..", "%2e%2e", "~", "tasks", "health", "title"),
    *(
        "%",
        "%zz",
        "%2",
        "%25",
        "%2500",
        "%ff",
        "%c3%28",
        "%ed%a0%80",
        "%20",
        "%0a",
        "%0d%0a",
        "%09",
        "+",
        "%F0%9F%A7%80",
    ),
    *("%C3%A9", "%E2%80%AE", "%EF%BB%BF", "%D9%A1", "'%20OR%201=1--", "%27;DROP%20TABLE%20tasks", "<script>", "$where"),
    *("x" * 5_000, "0" * 30_000, "%41" * 5_000, f"{UNKNOWN}-", f"-{UNKNOWN}", f"{UNKNOWN}%20", f"%20{UNKNOWN}"),
    *(
        UNKNOWN[:-1],
        UNKNOWN + "0",
        UNKNOWN.replace("-", "_"),
        UNKNOWN[:-1] + "g",
        UNKNOWN[:-1] + "%D9%A1",
        f"({UNKNOWN})",
    ),
]
ODD_FORMS = {
    "braced": "{{{}}}",
    "braces encoded": "%7B{}%7D",
    "urn": "urn:uuid:{}",
    "trailing line break": "{}%0A",
    "trailing semicolon": "{};x=1",
    "trailing dot": "{}.",
    "extension": "{}.json",
}
BREAKING_OUT = {
    "NUL behind": "{}%00",
    "NUL before": "%00{}",
    "only NUL": "%00",
    "slash behind": "{}%2F",
    "slash behind, lower case": "{}%2f",
    "slashes behind": "{}%2F%2F",
    "slash before": "%2F{}",
    "slash inside": "{}%2F{}",
    "only a slash": "%2F",
    "climbing": "..%2Ftasks%2F{}",
    "double encoded": "{}%252F",
    "backslash": "{}%5C",
}


@pytest.fixture(params=["PUT", "DELETE"])
def ask(request: pytest.FixtureRequest, client: httpx.AsyncClient):
    """PUT or DELETE a path, exactly as it is spelt."""

    async def ask(path: str) -> httpx.Response:
        body = {"title": "Changed"} if request.param == "PUT" else None
        return await client.request(request.param, "/", extensions={"target": path.encode()}, json=body)

    return ask


@pytest.mark.parametrize("task_id", NOT_A_UUID, ids=lambda task_id: task_id[:40])
async def test_an_id_that_is_not_a_uuid_is_not_found(ask, task_id: str):
    assert refused(await ask(f"/tasks/{task_id}"), 404)["detail"] == "Task not found"


@pytest.mark.parametrize("task_id", [UNKNOWN, UNKNOWN.upper(), "0" * 8 + "-0000-0000-0000-" + "0" * 12, "f" * 32])
async def test_an_unknown_uuid_is_not_found(ask, task_id: str):
    assert refused(await ask(f"/tasks/{task_id}"), 404)["detail"] == "Task not found"


@pytest.mark.parametrize("form", ODD_FORMS.values(), ids=ODD_FORMS)
async def test_a_task_does_not_answer_to_other_spellings_of_its_id(client, ask, task: Task, form: str):
    assert refused(await ask("/tasks/" + form.format(task["id"])), 404)["detail"] == "Task not found"
    assert (await client.get("/tasks")).json() == [task]


async def test_a_task_does_not_answer_to_its_id_without_hyphens(client, ask, task: Task):
    refused(await ask(f"/tasks/{task['id'].replace('-', '')}"), 404)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("form", BREAKING_OUT.values(), ids=BREAKING_OUT)
async def test_an_id_with_nul_or_an_encoded_slash_is_refused_and_touches_nothing(client, ask, task: Task, form: str):
    answer = await ask("/tasks/" + form.replace("{}", task["id"]))
    refused(answer, 400 if answer.status_code == 400 else 404)
    assert (await client.get("/tasks")).json() == [task]


@pytest.mark.parametrize("path", ["/tasks%2F{}", "/%2Ftasks/{}", "/tasks/../tasks/{}", "/x/../tasks/{}", "/TASKS/{}"])
async def test_there_is_one_path_to_a_task(client, ask, task: Task, path: str):
    answer = await ask(path.format(task["id"]))
    refused(answer, 400 if answer.status_code == 400 else 404)
    assert (await client.get("/tasks")).json() == [task]


async def test_a_query_is_not_part_of_the_id(ask, task: Task):
    assert (await ask(f"/tasks/{task['id']}?x=/../%00")).status_code in (200, 204)


async def test_the_case_of_a_uuid_means_nothing(client, task: Task):
    answer = await client.put(f"/tasks/{task['id'].upper()}", json={"title": "Changed"})
    assert answer.status_code == 200
    assert answer.json()["id"] == task["id"]
