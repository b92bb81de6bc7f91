"""Sites to hurt, for the whole run: one on each way to the database, and one on a cluster that can be killed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.database.clusters import EMBEDDED
from tests.outages.cluster import Cluster, running
from tests.outages.made import made
from tests.outages.site import DIRECT, POOLED, QUICK, Site, site


@pytest.fixture(scope="session")
def urls(make_database: Callable[[], str]) -> dict[str, str]:
    """A database for each way."""
    return {mode: make_database() for mode in (DIRECT, POOLED)}


@pytest.fixture(scope="session")
async def by_direct_way(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(DIRECT, urls[DIRECT], tmp_path_factory.mktemp(DIRECT), **QUICK) as there:
        yield there


@pytest.fixture(scope="session")
async def by_pooler(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(POOLED, urls[POOLED], tmp_path_factory.mktemp(POOLED), **QUICK) as there:
        yield there


@pytest.fixture
async def direct(by_direct_way: Site) -> AsyncIterator[Site]:
    """A site that is well, without tasks, on a direct connection."""
    async with well(by_direct_way):
        yield by_direct_way


@pytest.fixture(params=[DIRECT, POOLED])
async def either(request: pytest.FixtureRequest, by_direct_way: Site, by_pooler: Site) -> AsyncIterator[Site]:
    """The same, on each way in turn."""
    there = by_direct_way if request.param == DIRECT else by_pooler
    async with well(there):
        yield there


@asynccontextmanager
async def well(there: Site) -> AsyncIterator[None]:
    """Begin with a site that is well, and see to it that it is again at the end."""
    await there.sql("DELETE FROM tasks")
    await there.warm()
    there.news()
    try:
        yield
    finally:
        await there.proxy.mend()
    await there.warm()


@pytest.fixture(scope="session")
async def cluster_to_hurt(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    with made(EMBEDDED, tmp_path_factory.mktemp("hurt") / "data") as new:
        there = Cluster(new)
        async with running(there):
            yield there


@pytest.fixture(scope="session")
async def by_cluster(cluster_to_hurt: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(DIRECT, cluster_to_hurt.url, tmp_path_factory.mktemp("own"), LOG_LEVEL="debug", **QUICK) as there:
        yield there


@pytest.fixture
async def own(by_cluster: Site) -> AsyncIterator[Site]:
    """A site that is well, without tasks, on a cluster of its own: `cluster_to_hurt`."""
    async with well(by_cluster):
        yield by_cluster
