"""What `GET /api/v1/tasks` refuses, and that any text is only a text."""

import base64
import json
import string

import pytest

from tests.v1.listing import PATH, add, page, titles

INJECTIONS = [
    "'", '"', "\\", "\\'", "''", "%", "_", "%%", "&", "|", "!", "(", ")", ":", ":*", "*", "<->", "<2>", "& |",
    "a & ", "a |", "!a", "(a", "a)", "a:*", "a:A", "'a'", "'a' & 'b", "a\\", "\\x00", "${jndi}", "{}", "{{7*7}}", "$1",
    ":workspace", "%s",
    "'; DROP TABLE tasks; --", "1' OR '1'='1", "a' OR title IS NOT NULL --", "/* */", "--", ";", "\r\n", "\t", "\u200b",
    "\ufeff", "\u202e", "\ud7ff", "\ue000", "\U0010ffff", "null", "NaN", "[a-z]+", "(?i)x", "a{1000}", ".*", "^", "$",
    "kitch.n",
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
async def test_any_text_is_only_a_text(client, text):
    await add(client, "kitchen")
    await add(client, f"x{text}y", text)
    for q in (text, f"{text} kitchen", f"kit{text}chen", text * (200 // len(text))):
        answer = await client.get(PATH, params={"q": q})
        assert answer.status_code == 200, q
        assert set(answer.json()) == {"items", "next", "highlights"}
        assert len(answer.json()["items"]) <= 1, q
    for name in ("sort", "completed", "updated_since", "limit"):
        answer = await client.get(PATH, params={name: text})
        assert answer.status_code == 422, name
        assert isinstance(answer.json()["detail"], str)
    for path in (PATH, f"{PATH}/trash"):
        answer = await client.get(path, params={"cursor": text})
        assert (answer.status_code, answer.json()["type"]) == (400, "bad-cursor")
    assert len((await page(client))["items"]) == 2


@pytest.mark.parametrize("q", [" ", "...", "!!", "' | & :* <->", "\u3000", "—", "\u0301", "_"])
async def test_what_has_no_word_finds_nothing(client, q):
    await add(client, "kitchen ... — _")
    assert await page(client, q=q) == {"items": [], "next": None, "highlights": {}}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "201"}, {"limit": "-1"}, {"limit": "ten"}, {"limit": "1.5"}, {"limit": ""},
        {"limit": "9" * 30}, {"sort": "ordinal"}, {"sort": ""}, {"sort": "--title"}, {"sort": "title,id"},
        {"sort": "deleted_at"}, {"sort": "-deleted_at"}, {"completed": "yes"}, {"completed": ""}, {"completed": "1"},
        {"completed": "TRUE"}, {"updated_since": ""}, {"updated_since": "2026-01-01"},
        {"updated_since": "2026-01-01T00:00:00"}, {"updated_since": "2026-13-01T00:00:00Z"},
        {"updated_since": "0001-01-01T00:00:00+14:00"}, {"updated_since": "0000-01-01T00:00:00Z"},
        {"updated_since": "2026-01-01T00:00:00+25:00"}, {"updated_since": "yesterday"}, {"updated_since": "1700000000"},
        {"updated_since": "2026-01-01T00:00:00 02:00"}, {"updated_since": "２０２６-01-01T00:00:00Z"},
        {"q": ""}, {"q": "x" * 201}, {"q": "a\x00b"}, {"q": "milk", "sort": "title"}, {"q": "milk", "limit": "0"},
        {"Q": "milk"}, {"title": "milk"}, {"offset": "1"}, {"page": "2"}, {"complete": "true"}, {"": "x"},
        {"limit ": "1"},
    ],
)  # fmt: skip
async def test_what_is_not_valid_is_refused(client, query):
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "invalid"
    assert isinstance(answer.json()["detail"], str)


async def test_what_is_there_twice_is_refused(client):
    for query in ("limit=1&limit=2", "q=a&q=b", "sort=title&sort=title"):
        assert (await client.get(f"{PATH}?{query}")).status_code == 422


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
async def test_no_endpoint_takes_a_parameter_it_does_not_know(client, method):
    task = await add(client, "stays")
    paths = {
        "GET": [f"{PATH}/{task['id']}", f"{PATH}/trash"],
        "POST": [PATH, f"{PATH}/{task['id']}/restore"],
        "PATCH": [f"{PATH}/{task['id']}"],
        "PUT": [f"{PATH}/{task['id']}/completion", f"{PATH}/{task['id']}/position"],
        "DELETE": [f"{PATH}/{task['id']}", f"{PATH}/{task['id']}/completion", f"{PATH}/trash/{task['id']}"],
    }[method]
    for path in paths:
        body = {"json": {"title": "changed"}} if method in ("POST", "PATCH", "PUT") else {}
        answer = await client.request(method, path, params={"dry_run": "true"}, **body)
        assert (answer.status_code, answer.json()["detail"]) == (422, "Unknown query parameter: dry_run"), path
    assert titles((await page(client))["items"]) == ["stays"]
    assert (await client.get("/tasks", params={"dry_run": "true"})).status_code == 200


async def test_a_cursor_fits_its_own_list_only(client):
    for n in range(4):
        await add(client, f"milk {n}")
    queries = [
        {}, {"sort": "-position"}, {"sort": "created_at"}, {"sort": "-created_at"}, {"sort": "updated_at"},
        {"sort": "-updated_at"}, {"sort": "title"}, {"sort": "-title"}, {"completed": "false"},
        {"updated_since": "2000-01-01T00:00:00Z"}, {"updated_since": "2000-01-01T00:00:01Z"},
        {"sort": "title", "completed": "false"},
    ]  # fmt: skip
    for query in queries:
        cursor = (await page(client, **query, limit=2))["next"]
        for other in queries:
            answer = await client.get(PATH, params={**other, "cursor": cursor})
            assert answer.status_code == (200 if other == query else 400), (query, other)
        assert (await client.get(PATH, params={"q": "milk", "cursor": cursor})).status_code == 400
        assert (await client.get(f"{PATH}/trash", params={"cursor": cursor})).status_code == 400
    same = {"sort": "position", "limit": 1, "cursor": (await page(client, limit=2))["next"]}
    assert titles((await page(client, **same))["items"]) == ["milk 2"]


async def test_a_cursor_that_was_changed_is_refused(client):
    for n in range(3):
        await add(client, f"task {n}")
    cursor = (await page(client, sort="title", limit=1))["next"]
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")
    changed = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))
    ]
    changed += [cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor + "==", " " + cursor, "", "A" * 3000]
    forged = base64.urlsafe_b64encode(b"\x00" * 8 + json.dumps([1, "x", "not-an-id"]).encode()).decode().rstrip("=")
    for wrong in (*changed, forged):
        answer = await client.get(PATH, params={"sort": "title", "cursor": wrong})
        assert (answer.status_code, answer.json()["type"]) == (400, "bad-cursor"), wrong
