"""`GET /api/v1/tasks?q=`: what is found, in which order, and where in it."""

import httpx
import pytest

from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.tasks.search import highlights
from donebook.tasks.search.letters import TERMS
from tests.conftest import execute
from tests.server import Server
from tests.v1.listing import PATH, add, page, titles


async def find(client: httpx.AsyncClient, q: str, **query: str) -> list[str]:
    """The titles of what is found, best first."""
    got = await page(client, q=q, **query)
    assert set(got) == {"items", "next", "highlights"}
    assert got["next"] is None
    assert set(got["highlights"]) == {item["id"] for item in got["items"]}
    for item in got["items"]:
        marks = got["highlights"][item["id"]]
        assert set(marks) == {"title", "description"}
        assert "".join(part["text"] for part in marks["title"]) == item["title"]
        if marks["description"] is not None:
            assert "".join(part["text"] for part in marks["description"]) in item["description"]
        assert any(part["match"] for part in marks["title"] + (marks["description"] or []))
    return titles(got["items"])


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Übung macht den Meister", ["ubung", "Übung", "ÜBUNG", "U\u0308bung", "ubu", "meister ubung", "den mei"]),
        ("Straße fegen", ["strasse", "STRASSE", "straße", "stra", "fegen strasse"]),
        ("Łódź, Ærø und Þingvellir", ["lodz", "aero", "thingvellir", "ÆRØ"]),
        ("Йога по утрам", ["йога", "ЙОГА", "утр", "иога"]),
        ("ΟΔΥΣΣΕΥΣ lesen", ["οδυσσευς", "Οδυσσεύς"]),
        ("買牛乳を買う", ["牛乳", "乳", "買", "牛乳を", "乳を買う", "買牛乳を買う", "う", "買う 牛"]),
        ("ｶﾞｰﾄﾞ ＡＢＣ", ["ガード", "abc", "ード"]),
        ("한글 공부하기", ["한글", "공부", "공"]),
        ("ซื้อนมวันนี้", ["นม", "วันนี้"]),
        ("Party 🎉🎂 im Garten", ["🎉", "🎂", "🎉🎂", "party 🎂"]),
        ("Clean the kitchen", ["kichen", "kitchne", "kitchem", "kitchhen", "ktichen", "itchen", "kitchenn"]),
        ("Kitchenware for Anna", ["kitchenware", "kitch", "kichen", "kitchemware", "anna kichen"]),
        ("Fix foo_bar-baz (v2.0), e.g. x@y.org", ["foo", "bar", "baz", "v2", "org", "foo_bar", "x@y.org", "(v2.0)"]),
        ("L'école d'été", ["ecole", "ete", "l'ecole"]),
        ("task 4711", ["4711", "47", "task 4711"]),
        ("Rename kitchen2go", ["kitchen", "kitchen2", "kitchen2go", "rename kitchen", "kitchen renmae"]),
    ],
)
async def test_what_is_found(client, title, queries):
    await add(client, title)
    await add(client, "something else entirely", "with nothing in common")
    for query in queries:
        assert await find(client, query) == [title], query
    await describe(client)
    for query in queries:
        assert await find(client, query) == ["in its description"], query


async def describe(client: httpx.AsyncClient) -> None:
    """Move the first task's title into its description."""
    [first, _] = (await page(client))["items"]
    await client.patch(
        f"{PATH}/{first['id']}", json={"description": f"so: {first['title']}", "title": "in its description"}
    )


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Clean the kitchen", ["mlik", "kit chen", "kichn", "cleanthe", "kitchen garden", "hen", "xkitchen y"]),
        ("Buy milk", ["mlik", "ilk", "buymilk", "milk -buyer"]),
        ("買牛乳を買う", ["乳牛", "牛を", "牛乳を買牛乳"]),
        ("abcabd 牛乳を乳を買 x", ["牛乳を買"]),
        ("task 12345", ["12346", "2345", "12354"]),
    ],
)
async def test_what_is_not_found(client, title, queries):
    await add(client, title)
    for query in queries:
        assert await find(client, query) == [], query


async def test_better_matches_come_first(client):
    expected = ["milk", "no. 2", "milkshake", "no. 4", "no. 5"]
    for title, description in [
        ("no. 5", "buy milkshakes, and a milkman"),
        ("milkshake", None),
        ("no. 4", "a milkman"),
        ("no. 2", "or milk"),
        ("milk", None),
    ]:
        await add(client, title, description)
    found = await find(client, "milk")
    assert found[:3] == expected[:3]
    assert sorted(found[3:]) == expected[3:]
    for title, description in [
        ("kitchen", None),
        ("kitchens", None),
        ("kitten", "kitchen"),
        ("x", "kichen"),
        ("kichen", None),
    ]:
        await add(client, title, description)
    assert await find(client, "kichen") == ["kichen", "x", "kitchen", "kitchens", "kitten"]


async def test_runs_rank_like_words(client):
    for title in ("買牛乳を買う", "牛乳を買う", "牛乳"):
        await add(client, title)
    await add(client, "x", "牛乳")
    assert await find(client, "牛乳") == ["牛乳", "x", "牛乳を買う", "買牛乳を買う"]


async def test_what_has_a_run_only_in_pieces_takes_no_place(client):
    """The index knows three characters of a run together."""
    for description in (None, "うちで 牛乳を", "今日は牛乳を買うよ"):
        await add(client, "牛乳を 乳を買 を買う", description)
    await add(client, "今日牛乳を買うよ")
    expected = ["今日牛乳を買うよ", "牛乳を 乳を買 を買う"]
    for limit in (1, 2, 3, 200):
        assert await find(client, "牛乳を買う", limit=str(limit)) == expected[:limit]
        assert (
            await find(client, "牛乳を買う", limit=str(limit), updated_since="2020-01-01T00:00:00Z") == expected[:limit]
        )


async def test_equals_come_by_id_and_no_more_than_two_hundred(client, server):
    await fill(server, 260, "'same word ' || n % 7")
    ids = [item["id"] for item in (await page(client, q="word"))["items"]]
    assert len(ids) == 200
    every = await execute(server.environment["DATABASE_URL"], "SELECT id::text FROM tasks ORDER BY id")
    assert ids == [row["id"] for row in every][:200]
    assert [item["id"] for item in (await page(client, q="wor", limit=3))["items"]] == ids[:3]


async def test_a_word_that_nearly_all_have_is_found_in_order_too(client, server):
    """There the index is asked otherwise."""
    await fill(server, 4000, "CASE WHEN n % 400 = 0 THEN 'words' ELSE 'Word' END || ' number ' || n")
    every = await execute(server.environment["DATABASE_URL"], "SELECT id::text, title FROM tasks ORDER BY id")
    whole = [row["id"] for row in every if row["title"].startswith("Word ")]
    begun = [row["id"] for row in every if row["title"].startswith("words")]
    assert [item["id"] for item in (await page(client, q="word"))["items"]] == whole[:200]
    assert [item["id"] for item in (await page(client, q="words"))["items"]] == (begun + whole)[:200]
    assert [item["id"] for item in (await page(client, q="wo"))["items"]] == [row["id"] for row in every][:200]
    done = every[1::10]
    await execute(
        server.environment["DATABASE_URL"],
        f"UPDATE tasks SET completed_at = now() WHERE id = ANY ('{{{','.join(row['id'] for row in done)}}}')",
    )
    found = (await page(client, q="number", completed="true"))["items"]
    assert [item["id"] for item in found] == [row["id"] for row in done][:200]


async def fill(server: Server, tasks: int, title: str) -> None:
    """So many tasks, whose ids are in no order; `title` is an expression of the number `n`."""
    await execute(
        server.environment["DATABASE_URL"],
        f"INSERT INTO tasks (workspace_id, id, title) SELECT '{DEFAULT_WORKSPACE}', gen_random_uuid(), {title}"
        f" FROM generate_series(1, {tasks}) AS n",
    )


async def test_filters_apply_to_what_is_found(client):
    done = await add(client, "milk, done", completed=True)
    await add(client, "milk, open")
    gone = await add(client, "milk, gone")
    await client.delete(f"{PATH}/{gone['id']}")
    assert sorted(await find(client, "milk")) == ["milk, done", "milk, open"]
    assert await find(client, "milk", completed="true") == ["milk, done"]
    assert await find(client, "milk", completed="false") == ["milk, open"]
    task = (await client.patch(f"{PATH}/{done['id']}", json={"description": "x"})).json()
    assert await find(client, "milk", updated_since=task["updated_at"]) == ["milk, done"]
    assert await find(client, "milk", updated_since=task["updated_at"], completed="false") == []


async def test_what_is_found_follows_every_change(client):
    task = await add(client, "kitchen")
    url = f"{PATH}/{task['id']}"
    await client.patch(url, json={"title": "garden", "description": "hedge"})
    assert (await find(client, "kitchen"), await find(client, "garden"), await find(client, "hedge")) == (
        [],
        ["garden"],
        ["garden"],
    )
    await client.put(f"{url}/completion")
    assert (await find(client, "garden", completed="true"), await find(client, "garden", completed="false")) == (
        ["garden"],
        [],
    )
    await client.delete(url)
    assert await find(client, "garden") == []
    await client.post(f"{url}/restore")
    assert await find(client, "hedeg") == ["garden"]
    assert await find(client, "garden", completed="true") == ["garden"]
    await client.put(f"/tasks/{task['id']}", json={"title": "meadow", "completed": False})
    assert await find(client, "meadow") == ["meadow"]
    await client.delete(url)
    await client.delete(f"{PATH}/trash/{task['id']}")
    assert await find(client, "meadow") == []


async def test_no_word_outlives_the_tasks_that_had_it(client, server):
    url = server.environment["DATABASE_URL"]
    secret = await add(client, "first secretword", "alpha common")
    other = await add(client, "second", "common")
    await client.patch(f"{PATH}/{secret['id']}", json={"title": "rewritten otherwise"})
    await client.delete(f"{PATH}/{secret['id']}")
    await client.delete(f"{PATH}/trash/{secret['id']}")
    assert {row["word"] for row in await execute(url, "SELECT word FROM search_words")} == {"second", "common"}
    assert [str(row["id"]) for row in await execute(url, "SELECT id FROM task_search")] == [other["id"]]


async def test_changes_by_others_are_found_as_well(client, server):
    url = server.environment["DATABASE_URL"]
    for n in range(3):
        await add(client, f"kitchen {n}")
    await execute(url, "UPDATE tasks SET title = 'garden', deleted_at = CASE WHEN title LIKE '%1' THEN now() END")
    assert await find(client, "garden") == ["garden", "garden"]
    await execute(url, "UPDATE tasks SET id = gen_random_uuid(), deleted_at = NULL")
    assert await find(client, "gardne") == ["garden"] * 3
    await execute(url, "TRUNCATE tasks")
    assert await find(client, "garden") == []
    assert await execute(url, "SELECT FROM task_search UNION ALL SELECT FROM search_words") == []


async def test_matches_are_shown(client):
    await add(client, "Größere Übungen", "vorn " * 60 + "eine Übung, <b>noch eine</b> Übung" + " hinten" * 60)
    [item] = (got := await page(client, q="ubung"))["items"]
    marks = got["highlights"][item["id"]]
    assert marks["title"] == [
        {"text": "Größere ", "match": False},
        {"text": "Übung", "match": True},
        {"text": "en", "match": False},
    ]
    shown = marks["description"]
    assert [part["text"] for part in shown if part["match"]] == ["Übung", "Übung"]
    assert "".join(part["text"] for part in shown) in item["description"]
    assert sum(len(part["text"]) for part in shown) == 200
    got = await page(client, q="grossere")
    assert got["highlights"][item["id"]]["title"][0] == {"text": "Größere", "match": True}
    assert got["highlights"][item["id"]]["description"] is None


async def test_decomposed_accents_and_runs_are_shown_whole(client):
    await add(client, "e\u0301te\u0301 x買牛乳を買う")
    [item] = (got := await page(client, q="ete 牛乳"))["items"]
    assert [part["text"] for part in got["highlights"][item["id"]]["title"] if part["match"]] == [
        "e\u0301te\u0301",
        "牛乳",
    ]


async def test_the_longest_texts_can_be_found(client):
    """A description of so many different runs, one endless word, and letters that stand for eighteen."""
    far = "".join(chr(0x4E00 + n % 20000) for n in range(49_990)) + "牛乳"
    await add(client, "runs", far)
    await add(client, "pictures", "".join(chr(0x20000 + n % 40000) for n in range(50_000)))
    await add(client, "endless", "x" * 50_000)
    await add(client, "\ufdfa" * 200, "\ufdfa" * 50_000)
    assert await find(client, "牛乳") == ["runs"]
    assert await find(client, chr(0x20000) + chr(0x20001)) == ["pictures"]
    assert await find(client, "x" * 200) == ["endless"]
    assert len(await find(client, "\ufdfa")) == 1
    assert len((await page(client, sort="title"))["items"]) == 4


def test_words_in_ascii_are_the_words_of_any_text():
    every = "".join(map(chr, range(1, 128))).lower() + " a1b_c 9-x"
    assert [word.span() for word in highlights.WORDS.finditer(every)] == [m.span() for m in TERMS.finditer(every)]
