"""What the tests share: databases, one server, and a client that finds the list empty. Nothing of ours is mocked."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from donebook.db.local import acquire
from local_postgres import LocalPostgres
from tests.alone import having_room
from tests.database.clusters import EMBEDDED, Postgres, kinds, system_cluster, system_programs
from tests.server import Server

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each client the reading of certificates that nobody asks for."""


ONCE_IS_ENOUGH = {
    *("test_diffs", "test_kept", "test_order", "test_writers", "test_round_trips"),
    *("test_list_plans", "test_log_plans", "test_plans", "test_positions", "test_ranks", "test_uuid7"),
}
"""What `EVERY_POSTGRES=1 make test` tries on every PostgreSQL that there is."""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    """The embedded Postgres, for the whole run."""
    postgres = acquire(tmp_path_factory.mktemp("cluster"), serving=False)
    yield postgres
    postgres.release()


@pytest.fixture(scope="session")
def admin_url(cluster: LocalPostgres) -> str:
    """The same cluster as its superuser, to make and to hurt databases."""
    password = (cluster.data / "postgres" / "postgres.password").read_text().strip()
    return f"postgresql://postgres:{password}@127.0.0.1:{urlsplit(cluster.url).port}/postgres"


@pytest.fixture(scope="session")
def make_database(cluster: LocalPostgres, admin_url: str) -> Callable[[], str]:
    """Make empty databases that belong to the ordinary role; each call gives the URL of another."""
    made = 0

    def make() -> str:
        nonlocal made
        made += 1
        name = f"scratch_{made}"
        asyncio.run(execute(admin_url, f"CREATE DATABASE {name} OWNER donebook"))
        return cluster.url.rpartition("/")[0] + f"/{name}"

    return make


@pytest.fixture
def database_url(make_database: Callable[[], str]) -> str:
    """An empty database for one test."""
    return make_database()


@pytest.fixture(scope="session")
def server(make_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running `donebook serve`, for the whole run."""
    with Server(tmp_path_factory.mktemp("server"), DATABASE_URL=make_database(), LOG_LEVEL="info") as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose list is empty."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30, verify=NO_TLS) as http:
        await clear(server)
        yield http


async def clear(server: Server) -> None:
    """Empty the list of a server."""
    await execute(server.environment["DATABASE_URL"], "DELETE FROM tasks")


async def execute(url: str, statement: str) -> list[asyncpg.Record]:
    """What one statement gives, on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def embedded(admin_url: str) -> Postgres:
    """The embedded PostgreSQL."""
    return Postgres(admin_url)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long and rarely tells more: these, on the system's PostgreSQL as well."""
    if os.environ.get("EVERY_POSTGRES"):
        return
    spared = [item for item in items if "system-15" in item.name and item.path.stem in ONCE_IS_ENOUGH]
    config.hook.pytest_deselected(items=spared)
    items[:] = [item for item in items if item not in set(spared)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test, its fixtures included, beside others or alone."""
    with having_room(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test during which the event loop of a server stood still."""
    yield
    if seen := Server.stood_still():
        pytest.fail(f"the event loop of a server stood still:\n{seen}")


@pytest.fixture(scope="session")
def system_postgres() -> Iterator[Postgres]:
    """The system's own PostgreSQL, once for the whole run, whichever tests ask for it and in which order."""
    programs = system_programs()
    assert programs is not None
    with system_cluster(programs) as running:
        yield running


@pytest.fixture(scope="session", params=kinds())
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """Each kind of PostgreSQL in turn."""
    chosen: Postgres = request.getfixturevalue("embedded" if request.param == EMBEDDED else "system_postgres")
    return chosen


@pytest.fixture
async def empty(postgres: Postgres) -> str:
    """The URL of an empty database."""
    return await postgres.create()


@pytest.fixture
async def migrated(postgres: Postgres) -> str:
    """The URL of a database that has all migrations."""
    return await postgres.create_migrated()


@pytest.fixture
async def connection(migrated: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database that has all migrations."""
    opened = await asyncpg.connect(migrated)
    yield opened
    await opened.close()


@pytest.fixture
async def empty_url(embedded: Postgres) -> str:
    """The URL of an empty database of the embedded PostgreSQL."""
    return await embedded.create()


@pytest.fixture
async def migrated_url(embedded: Postgres) -> str:
    """The URL of a database of the embedded PostgreSQL that has all migrations."""
    return await embedded.create_migrated()


@pytest.fixture
def checkout() -> Path:
    """The folder of the project."""
    return Path(__file__).parents[1]
