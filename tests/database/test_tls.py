"""What `sslmode` and `sslrootcert` promise, on real servers: what is refused is refused at once, and named."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from donebook.db import migrations
from donebook.db.engine import create_engine
from donebook.db.errors import DATABASE_ERRORS, from_database
from donebook.db.limits import Limits
from donebook.db.url import parse_database_url
from donebook.problems import NotReady
from tests.database.clusters import EMBEDDED, kinds
from tests.database.tls import CAREFUL, HOST, MISSING, Encrypted, encrypted
from tests.server import DONEBOOK, PATIENCE, Server, environment, free_port
from tests.waiting import until

ADDRESS = "127.0.0.1"  # the certificate is not for it
ROOT, STRANGER = "sslrootcert={root}", "sslrootcert={stranger}"
UNKNOWN, ANOTHER, NONE = "unable to get local issuer", "certificate is not valid for", "rejected SSL upgrade"
DISTRUST = "Donebook refuses the database: its certificate is not for that host, or not of a trusted authority"


@pytest.fixture(scope="session")
async def server_with_tls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Encrypted]:
    others = [kind for kind in kinds() if kind != EMBEDDED]
    if not others or shutil.which("openssl") is None:
        pytest.skip(MISSING)
    async with encrypted(others[0], tmp_path_factory.mktemp("tls")) as running:
        yield running


async def is_encrypted(url: str) -> bool:
    """Whether a connection of Donebook's is, as the server sees it."""
    engine = create_engine(parse_database_url(url), Limits())
    try:
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
            return bool(found.scalar_one())
    finally:
        await engine.dispose()


async def refusal(url: str) -> str:
    """Why there is no connection; not because of an outage, which would be waited for."""
    with pytest.raises(DATABASE_ERRORS) as raised:
        await is_encrypted(url)
    assert type(from_database(raised.value, writing=False)) is NotReady
    return migrations.reason(raised.value)


@pytest.mark.parametrize("host", [HOST, ADDRESS])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        *(("", True), ("sslmode=prefer", True), ("sslmode=require", True)),
        *(("sslmode=allow", False), ("sslmode=disable", False)),
        *((f"sslmode=require&{ROOT}", True), (f"sslmode=verify-ca&{ROOT}", True)),
    ],
)
async def test_what_is_encrypted_by_whatever_name(server_with_tls: Encrypted, host: str, query: str, told: bool):
    assert await is_encrypted(server_with_tls.url(host, query)) is told


async def test_the_host_of_the_certificate_and_its_authority(server_with_tls: Encrypted):
    assert await is_encrypted(server_with_tls.url(HOST, f"sslmode=verify-full&{ROOT}"))


@pytest.mark.parametrize(
    ("host", "query", "why"),
    [
        (HOST, f"sslmode=require&{STRANGER}", UNKNOWN),
        (HOST, f"sslmode=verify-ca&{STRANGER}", UNKNOWN),
        (HOST, f"sslmode=verify-full&{STRANGER}", UNKNOWN),
        (HOST, "sslmode=verify-ca", UNKNOWN),
        (HOST, "sslmode=verify-full&sslrootcert=system", UNKNOWN),
        (ADDRESS, f"sslmode=verify-full&{ROOT}", ANOTHER),
    ],
)
async def test_another_authority_or_host_is_refused(server_with_tls: Encrypted, host: str, query: str, why: str):
    assert why in await refusal(server_with_tls.url(host, query))


async def test_a_server_that_insists(server_with_tls: Encrypted):
    assert "no encryption" in await refusal(server_with_tls.url(HOST, "sslmode=disable", CAREFUL))
    assert await is_encrypted(server_with_tls.url(HOST, "sslmode=allow", CAREFUL))


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
async def test_a_server_without_tls_will_do(database_url: str, mode: str):
    assert not await is_encrypted(f"{database_url}?sslmode={mode}")


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_a_server_without_tls_is_refused(database_url: str, mode: str):
    assert NONE in await refusal(f"{database_url}?sslmode={mode}")


def test_the_start_says_why(server_with_tls: Encrypted, tmp_path: Path):
    settings = environment(DATABASE_URL=server_with_tls.url(HOST, f"sslmode=verify-full&{STRANGER}"), PORT=free_port())
    with subprocess.Popen(
        [DONEBOOK, "serve"], cwd=tmp_path, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        output, _ = server.communicate(timeout=PATIENCE)
    assert server.returncode == 1
    [line] = output.splitlines()
    assert line.startswith("donebook: cannot use the database ")
    assert UNKNOWN in line
    assert server_with_tls.cluster.made.passwords["donebook"] not in line


async def test_a_certificate_that_changes_while_it_serves(server_with_tls: Encrypted, tmp_path: Path):
    there = server_with_tls
    url = there.url(HOST, f"sslmode=verify-full&{ROOT}")
    with Server(tmp_path, DATABASE_URL=url) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
            assert (await http.post("/tasks", json={"title": "sealed"})).status_code == 201
            plain = "SELECT FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE usename = 'donebook' AND NOT ssl"
            assert await there.cluster.admin(plain) == []
            there.show(there.stranger)
            await there.reload()

            async def refuses() -> bool:
                answer = await http.get("/tasks")
                return (answer.status_code, answer.headers.get("retry-after")) == (503, "30")

            await until(refuses)
            ready = await http.get("/health/ready")
            assert (ready.status_code, ready.json()["detail"].startswith(DISTRUST)) == (503, True), ready.text
            there.show(there.authority)
            await there.reload()

            async def answers() -> bool:
                return (await http.get("/tasks")).status_code == 200

            await until(answers)
            assert [task["title"] for task in (await http.get("/tasks")).json()] == ["sealed"]
