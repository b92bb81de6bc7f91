"""What a database URL says is done, on real connections: encryption, certificates, addresses, settings."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import text

from donebook.db.engine import create_engine
from donebook.db.limits import Limits
from donebook.db.url import parse_database_url
from donebook.problems import DATABASE_ERRORS
from tests.database.tls import Front, certificate, front

type Certificates = dict[str, tuple[Path, Path]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The server's, and another."""
    folder = tmp_path_factory.mktemp("certificates")
    return {name: certificate(folder, name) for name in ("localhost", "elsewhere")}


@pytest.fixture
async def encrypting(empty_url: str, certificates: Certificates) -> AsyncIterator[Front]:
    async with front(urlsplit(empty_url).port or 0, own=certificates["localhost"]) as there:
        yield there


async def told(url: str, question: str = "SELECT 'here'") -> str:
    """What the database answers on a connection that requests would have."""
    engine = create_engine(parse_database_url(url), Limits())
    try:
        async with engine.connect() as connection:
            return str((await connection.execute(text(question))).scalar_one())
    finally:
        await engine.dispose()


def moved(url: str, host: str, port: int, query: str) -> str:
    """The same database at another address."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{host}:{port}", query=query).geturl()


@pytest.fixture
def behind(empty_url: str, encrypting: Front, certificates: Certificates) -> Callable[[str, str], str]:
    """Makes URLs that lead through `encrypting`: by a name of its host, with parameters that may name certificates."""
    roots = {name: quote(str(path)) for name, (path, _) in certificates.items()}
    return lambda host, query: moved(empty_url, host, encrypting.port, query.format(**roots))


@pytest.mark.parametrize(
    ("query", "host", "encrypted"),
    [
        ("", "127.0.0.1", True),
        ("sslmode=disable", "127.0.0.1", False),
        ("sslmode=allow", "127.0.0.1", False),
        ("sslmode=prefer", "127.0.0.1", True),
        ("sslmode=require", "127.0.0.1", True),
        ("sslmode=require&sslrootcert={localhost}", "127.0.0.1", True),
        ("sslmode=verify-ca&sslrootcert={localhost}", "127.0.0.1", True),
        ("sslmode=verify-full&sslrootcert={localhost}", "localhost", True),
        ("sslmode=verify-full&sslrootcert={localhost}&channel_binding=require", "localhost", True),
    ],
)
async def test_encryption(encrypting, behind, query, host, encrypted):
    assert await told(behind(host, query)) == "here"
    assert (encrypting.encrypted, encrypting.plain) == ((1, 0) if encrypted else (0, 1))


@pytest.mark.parametrize(
    ("query", "host"),
    [
        ("sslmode=require&sslrootcert={elsewhere}", "localhost"),
        ("sslmode=verify-ca", "localhost"),
        ("sslmode=verify-ca&sslrootcert={elsewhere}", "localhost"),
        ("sslmode=verify-full", "localhost"),
        ("sslmode=verify-full&sslrootcert=system", "localhost"),
        ("sslmode=verify-full&sslrootcert={localhost}", "127.0.0.1"),
    ],
)
async def test_a_certificate_that_is_not_the_right_one_is_refused(encrypting, behind, query, host):
    with pytest.raises(DATABASE_ERRORS, match="certificate verify failed"):
        await told(behind(host, query))
    assert encrypting.plain == 0


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_a_server_without_encryption_is_refused_where_it_was_asked_for(empty_url, mode):
    with pytest.raises(DATABASE_ERRORS, match="SSL"):
        await told(f"{empty_url}?sslmode={mode}")


async def test_an_ipv6_address(empty_url, certificates):
    async with front(urlsplit(empty_url).port or 0, own=certificates["localhost"], address="::1") as there:
        assert await told(moved(empty_url, "[::1]", there.port, "sslmode=disable")) == "here"


@pytest.mark.parametrize(
    ("query", "setting", "value"),
    [
        ("", "application_name", "donebook"),
        ("application_name=my%20tasks", "application_name", "my tasks"),
        ("options=-c%20work_mem%3D5MB", "work_mem", "5MB"),
        ("options=endpoint%3Dep-cool-darkness-123456", "application_name", "donebook"),
        ("target_session_attrs=read-write", "transaction_read_only", "off"),
        ("target_session_attrs=primary&connect_timeout=20", "transaction_read_only", "off"),
    ],
)
async def test_a_parameter_has_its_effect(empty_url, query, setting, value):
    assert await told(f"{empty_url}?{query}", f"SELECT current_setting('{setting}')") == value


@pytest.mark.parametrize("attrs", ["standby", "read-only"])
async def test_a_server_of_another_kind_than_was_asked_for_is_refused(empty_url, attrs):
    with pytest.raises(DATABASE_ERRORS):
        await told(f"{empty_url}?target_session_attrs={attrs}")
