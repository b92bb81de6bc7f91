"""Assets: named for their content, compressed, kept for a year; what is unchanged is not sent again (RFC 9110)."""

import gzip
import re
from pathlib import Path

import pytest

from tests.contract.expect import refused
from tests.server import ROOT

HASHED = re.compile(r"[\w.-]+-[\w-]{8}\.\w+")
ASSETS = sorted(path.name for path in (ROOT / "frontend/dist/assets").glob("*") if path.suffix not in (".br", ".gz"))
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@pytest.fixture
def script(built: Path) -> str:
    """The path of a script, which is long enough to be compressed."""
    return "/assets/" + max((built / "assets").glob("*.js"), key=lambda path: path.stat().st_size).name


def test_there_are_assets(built):
    assert {Path(name).suffix for name in ASSETS} >= {".js", ".css"}


@pytest.mark.parametrize("name", ASSETS)
async def test_an_asset_is_named_for_its_content_and_kept_for_a_year(client, built: Path, name: str):
    assert HASHED.fullmatch(name)
    answer = await client.get(f"/assets/{name}")
    assert answer.status_code == 200
    assert answer.content == (built / "assets" / name).read_bytes()
    directives = {directive.strip() for directive in answer.headers["cache-control"].split(",")}
    assert directives == {"public", "max-age=31536000", "immutable"}
    assert answer.headers["content-type"] == TYPES.get(Path(name).suffix, answer.headers["content-type"])


async def test_an_asset_that_is_not_there_is_not_kept(client):
    answer = await client.get("/assets/index-00000000.js")
    refused(answer, 404)
    assert answer.headers["cache-control"] == "no-store"


async def test_the_page_names_its_assets_from_the_root(built: Path):
    named = re.findall(r'(?:src|href)="([^"]+)"', (built / "index.html").read_text())
    assert named
    assert all(name.startswith("/") and not name.startswith("//") for name in named)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("BR", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip;q=0.001", "gzip"),
        ("br ; q=0, gzip ; q=1", "gzip"),
        ("deflate, zstd", None),
        ("br;q=0, gzip;q=0", None),
        ("identity", None),
        ("brotli, xgzip", None),
        ("", None),
    ],
)
async def test_what_is_sent_is_the_best_of_what_is_accepted(client, script: str, accepted: str, encoding: str | None):
    answer = await client.get(script, headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert "accept-encoding" in ", ".join(answer.headers.get_list("vary")).lower()
    if encoding:
        assert int(answer.headers["content-length"]) < 0.6 * len((await client.get(script)).content)


@pytest.mark.parametrize("path", ["/", None])
async def test_every_encoding_holds_the_same(server, client, script: str, path: str | None):
    plain = (await client.get(path or script, headers={"accept-encoding": "identity"})).content
    async with client.stream("GET", path or script, headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert gzip.decompress(raw) == plain
    async with client.stream("GET", path or script, headers={"accept-encoding": "br"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    file = (script if path is None else "/index.html") + ".br"
    assert raw == (ROOT / "frontend/dist" / file.removeprefix("/")).read_bytes()


async def test_each_encoding_has_an_entity_tag_of_its_own(client, script: str):
    tags = [
        (await client.get(script, headers={"accept-encoding": name})).headers["etag"]
        for name in ("br", "gzip", "identity")
    ]
    assert len(set(tags)) == 3
    assert all(re.fullmatch(r'"[!#-~]+"', tag) for tag in tags)


@pytest.mark.parametrize(
    "known", ["{}", "W/{}", '"other", {}', '{}, "other"', '"other",W/{},"more"', '"other" , {}', "*", '"a,b", {}']
)
@pytest.mark.parametrize("path", ["/", "/docs", None])
async def test_what_the_client_has_is_not_sent_again(client, script: str, path: str | None, known: str):
    first = await client.get(path or script)
    again = await client.get(path or script, headers={"if-none-match": known.format(first.headers["etag"])})
    assert again.status_code == 304
    assert again.content == b""
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == first.headers[name]
    assert "content-encoding" not in again.headers
    assert again.headers.get("content-length") in (None, first.headers["content-length"])  # section 8.6


@pytest.mark.parametrize("known", ['"other"', "{}x", 'W/"other"', "", '"{}"', "W/"])
async def test_what_the_client_has_not_is_sent(client, script: str, known: str):
    tag = (await client.get(script)).headers["etag"]
    again = await client.get(script, headers={"if-none-match": known.format(tag)})
    assert again.status_code == 200
    assert again.content


async def test_tags_in_two_header_lines_count_as_a_list(client, script: str):
    tag = (await client.get(script)).headers["etag"]
    again = await client.get(script, headers=[("if-none-match", '"other"'), ("if-none-match", tag)])
    assert again.status_code == 304


async def test_an_unchanged_asset_is_304_for_head_too(client, script: str):
    tag = (await client.head(script)).headers["etag"]
    assert (await client.head(script, headers={"if-none-match": tag})).status_code == 304


async def test_what_a_tag_stands_for_in_one_encoding_is_sent_in_another(client, script: str):
    tag = (await client.get(script, headers={"accept-encoding": "gzip"})).headers["etag"]
    again = await client.get(script, headers={"accept-encoding": "br", "if-none-match": tag})
    assert again.status_code == 200
