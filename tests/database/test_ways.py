"""What a database URL says of addresses and parameters has its effect on real connections; TLS is in `test_tls.py`."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from donebook.db.engine import create_engine
from donebook.db.errors import DATABASE_ERRORS
from donebook.db.limits import Limits
from donebook.db.url import parse_database_url
from tests.database.wire import LONGEST


async def told(url: str, question: str) -> str:
    """What the database answers on a connection that requests would have."""
    engine = create_engine(parse_database_url(url), Limits())
    try:
        async with engine.connect() as connection:
            return str((await connection.execute(text(question))).scalar_one())
    finally:
        await engine.dispose()


async def test_an_ipv6_address(empty_url):
    async def relay(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection("127.0.0.1", urlsplit(empty_url).port)
        await asyncio.gather(copy(client, to_server), copy(server, to_client))

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(LONGEST):
                target.write(data)
                await target.drain()
        target.close()

    async with await asyncio.start_server(relay, "::1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        parts = urlsplit(empty_url)
        url = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@[::1]:{port}").geturl()
        assert await told(url, "SELECT 'here'") == "here"


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
        await told(f"{empty_url}?target_session_attrs={attrs}", "SELECT 'here'")
