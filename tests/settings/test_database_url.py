"""`DATABASE_URL`, in the forms that people paste: understood whole, or refused without a word of its password."""

import os
import ssl
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donebook.db.url import InvalidURL, parse_database_url

SECRET = "s3cr3tCanary"
EXAMPLES = os.environ.get("EXAMPLES")  # always the same 200 cases; EXAMPLES=10000 tries so many others

bounded = settings(max_examples=int(EXAMPLES or 200), derandomize=EXAMPLES is None, deadline=None)

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=3).map(".".join)
folders = words.map(lambda word: f"/run/{word}")
ports = st.integers(1, 65535)
hosts = names | st.ip_addresses().map(str)
junk = st.text("/?#@:[]%&=+ ,;\\\t\nab1é", max_size=6)
schemes = st.sampled_from(["postgres", "postgresql", "postgresql+asyncpg"])


def spelt(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def said(url: str) -> list[str]:
    """What is said of a URL: how it is shown when it is understood, or why it is refused."""
    try:
        target = parse_database_url(url)
    except InvalidURL as refusal:
        return [str(refusal)]
    return [target.display, repr(target)]


@bounded
@given(schemes, st.tuples(words, words, hosts, ports, words))
def test_every_part_comes_back_as_it_was_meant(scheme: str, parts: tuple[str, str, str, int, str]):
    user, password, host, port, name = parts
    user_, password_, name_ = (quote(part, safe="") for part in (user, password, name))
    target = parse_database_url(f"{scheme}://{user_}:{password_}@{spelt(host)}:{port}/{name_}")
    assert (target.user, target.password, target.host) == (user, password, host)
    assert (target.port, target.database) == (port, name)
    url = target.sqlalchemy_url
    assert (url.username, url.password, url.port, url.database) == (user, password, port, name)


@bounded
@given(words, words, hosts, ports, words)
def test_parts_may_be_given_as_parameters(user: str, password: str, host: str, port: int, name: str):
    parts = {"user": user, "password": password, "host": host, "port": str(port), "dbname": name}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())
    target = parse_database_url(f"postgresql:///?{query}")
    assert (target.user, target.password, target.host) == (user, password, host)
    assert (target.port, target.database) == (port, name)


raw = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00@/?%"), min_size=1, max_size=12)


@bounded
@given(raw, hosts, ports)
def test_a_raw_password_is_taken_as_psql_takes_it(password: str, host: str, port: int):
    target = parse_database_url(f"postgresql://u:{password}@{spelt(host)}:{port}/d?sslmode=disable")
    assert (target.user, target.password, target.host, target.port) == ("u", password, host, port)
    assert (target.database, target.sslmode) == ("d", "disable")


@pytest.mark.parametrize("password", ["a?b", "a/b", "1/2#3", "a@b#c"])
def test_a_raw_password_that_cannot_be_told_apart_is_refused_with_a_hint(password: str):
    with pytest.raises(InvalidURL, match=r"write @ as %40, : as %3A, / as %2F, [?] as %3F and # as %23") as refusal:
        parse_database_url(f"postgresql://u:{password}{SECRET}@h/d")
    assert SECRET not in str(refusal.value)


@bounded
@given(folders, words)
def test_a_folder_of_a_socket_is_a_host(folder: str, name: str):
    for url in (
        f"postgresql://u@/{quote(name, safe='')}?host={quote(folder, safe='')}",
        f"postgresql://u@{quote(folder, safe='')}/{quote(name, safe='')}",
    ):
        target = parse_database_url(url)
        assert (target.host, target.database) == (folder, name)
        assert target.connect_args["host"] == folder
        assert target.connect_args["ssl"] is False


@bounded
@given(words, words, hosts, words)
def test_a_password_never_shows(before: str, after: str, host: str, name: str):
    password = before + SECRET + after
    target = parse_database_url(f"postgresql://u:{quote(password, safe='')}@{spelt(host)}/{quote(name, safe='')}")
    assert target.password == password
    for shown in (
        target.display,
        repr(target),
        str(target),
        f"{target!s:>10}",
        repr([target]),
        str(target.sqlalchemy_url),
    ):
        assert SECRET not in shown
    assert target.display.isprintable()


@bounded
@given(junk, junk, st.sampled_from(["", "/db", "/db?sslmode=no", "/db?x=1", "?port=0", "/db?password=" + SECRET]))
def test_a_password_that_was_pasted_as_it_is_never_shows(before: str, after: str, rest: str):
    for shown in said(f"postgresql://user:{before}{SECRET}{after}@host{rest}"):
        assert SECRET not in shown
        assert shown.isprintable()


@bounded
@given(schemes, st.text(max_size=40) | junk)
def test_whatever_is_pasted_is_understood_or_refused_in_one_line(scheme: str, rest: str):
    for text in (rest, f"{scheme}://{rest}", f"{scheme}://u:p@h/{rest}", f"{scheme}://u:p@h/d?{rest}"):
        assert all(shown.isprintable() for shown in said(text))


@pytest.mark.parametrize("name", ["sslcert", "service", "passfile", "foo", "statement_cache_size", "a\nb", "pass=word"])
def test_an_unknown_parameter_is_refused_by_name(name: str):
    with pytest.raises(InvalidURL, match="does not know") as refusal:
        parse_database_url(f"postgresql://u:{SECRET}@h/d?sslmode=require&{quote(name, safe='')}=value")
    assert name in str(refusal.value) or repr(name)[1:-1] in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("mode", ["", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_the_certificate_of_neon_is_always_verified(mode: str):
    query = f"sslmode={mode}&channel_binding=require" if mode else ""
    context = parse_database_url(f"postgresql://u:p@ep-a-1-pooler.eu.aws.neon.tech/d?{query}").connect_args["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("query", ["", "&sslmode=disable", "&sslmode=require"])
def test_channel_binding_that_nothing_stands_in_for_is_refused(query: str):
    with pytest.raises(InvalidURL, match="channel_binding=require"):
        parse_database_url(f"postgresql://u:{SECRET}@h/d?channel_binding=require{query}")


@pytest.mark.parametrize(
    "parameter",
    [
        *("sslmode=maybe", "sslmode=", "channel_binding=x", "target_session_attrs=x", "port=x", "port=0", "port=70000"),
        *("port=" + "9" * 5000, "connect_timeout=soon", "connect_timeout=-1", "connect_timeout=" + "9" * 5000),
        *("options=--", "options=-x", "options=-c", "options=abc", "sslrootcert=/nowhere/root.pem&sslmode=verify-full"),
    ],
    ids=lambda parameter: parameter[:30],
)
def test_a_parameter_with_a_wrong_value_is_refused(parameter: str):
    with pytest.raises(InvalidURL) as refusal:
        parse_database_url(f"postgresql://u:{SECRET}@h/d?{parameter}")
    assert parameter.partition("=")[0] in str(refusal.value)
    assert SECRET not in str(refusal.value)
    assert str(refusal.value).isprintable()
