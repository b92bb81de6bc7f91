"""A `DATABASE_URL` that cannot be used: exit code 2 and one line, never its password, nothing of it when unreadable."""

import pytest

from donebook.settings import InvalidSetting, load
from tests.settings.conftest import Serve, said

SECRET = "s3cr3tCanary"
AT_THE_START = [
    f"mysql://ulrike:{SECRET}@hamster/db",
    f"postgresql://ulrike:%ff{SECRET}@hamster/db",
]
UNREADABLE = [
    *AT_THE_START,
    f"ulrike:{SECRET}@hamster/db",
    f"POSTGRESQL//ulrike:{SECRET}@hamster/db",
    f"postgresql://ulrike:{SECRET}@hamster:seven/db",
    f"postgresql://ulrike:{SECRET}@hamster:70000/db",
    f"postgresql://ulrike:{SECRET}@[::1/db",
    f"postgresql://ulrike:{SECRET}@hamster/db#1",
    f"postgresql://ulrike:12/{SECRET}@hamster/db",
    f"postgresql://ulrike:12?{SECRET}@hamster/db",
    f"postgresql://ulrike:1@2/{SECRET}@hamster/db",
    f"host=hamster user=ulrike password={SECRET}",
]
READABLE = {
    f"postgresql://user:{SECRET}@host/db?sslcert=x": "sslcert",
    f"postgresql://user:{SECRET}@host/db?sslmode=maybe": "sslmode",
    f"postgresql://user:{SECRET}@a.example,b.example/db": "several hosts",
    f"postgresql://user:{SECRET}@/db": "host",
    "postgresql://host/db": "user",
}


def assert_silent(line: str) -> None:
    """Nothing of the URL is in the line."""
    for part in (SECRET, "ulrike", "hamster", "mysql"):
        assert part not in line


@pytest.mark.parametrize("url", AT_THE_START)
def test_a_url_that_cannot_be_read_ends_the_start_with_one_line_that_shows_nothing_of_it(serve: Serve, url: str):
    line = said(serve(DATABASE_URL=url), 2)
    assert line.startswith("donebook: DATABASE_URL ")
    assert_silent(line)


def test_other_commands_show_nothing_of_it_either(serve: Serve):
    assert_silent(said(serve("database", "upgrade", "--no-prompt", DATABASE_URL=AT_THE_START[0]), 2))


@pytest.mark.parametrize("url", UNREADABLE)
def test_nothing_is_shown_of_a_url_that_cannot_be_read(url: str):
    with pytest.raises(InvalidSetting, match=r"DATABASE_URL .*(expected|write) ") as refusal:
        load({"DATABASE_URL": url})
    assert_silent(str(refusal.value))


@pytest.mark.parametrize("url", UNREADABLE)
def test_the_direct_url_is_as_silent(url: str):
    with pytest.raises(InvalidSetting, match=r"DATABASE_DIRECT_URL .*(expected|write) ") as refusal:
        load({"DATABASE_URL": "postgresql://u:p@h/d", "DATABASE_DIRECT_URL": url})
    assert_silent(str(refusal.value))


@pytest.mark.parametrize(("url", "word"), READABLE.items())
def test_what_is_wrong_with_a_url_that_can_be_read_is_named(url: str, word: str):
    with pytest.raises(InvalidSetting, match=rf"DATABASE_URL .*{word}") as refusal:
        load({"DATABASE_URL": url})
    assert SECRET not in str(refusal.value)
