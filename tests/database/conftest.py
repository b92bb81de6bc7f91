"""Databases to migrate, to fill and to hurt, on each kind of PostgreSQL that there is."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.database.clusters import EMBEDDED, Postgres, kinds, system_cluster, system_programs


@pytest.fixture(scope="session")
def embedded(admin_url: str) -> Postgres:
    """The embedded PostgreSQL."""
    return Postgres(admin_url)


@pytest.fixture(scope="session", params=kinds())
def postgres(request: pytest.FixtureRequest, embedded: Postgres) -> Iterator[Postgres]:
    """Each kind of PostgreSQL in turn."""
    if request.param == EMBEDDED:
        yield embedded
        return
    programs = system_programs()
    assert programs is not None
    with system_cluster(programs) as running:
        yield running


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
