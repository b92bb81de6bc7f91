"""What the tests of operating Donebook share: a server whose database can be taken away, and what it counts."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import NO_TLS
from tests.contract.forwarder import Forwarder
from tests.server import Server


class Counted:
    """What a server has counted at one moment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in self.families for sample in family.samples]

    def __call__(self, name: str, **labels: Any) -> float:
        """The sum of all samples of a name that have these labels; 0 when there are none."""
        wanted = {label: str(value) for label, value in labels.items()}
        return sum(
            sample.value for sample in self.samples if sample.name == name and wanted.items() <= sample.labels.items()
        )


async def counted(http: httpx.AsyncClient) -> Counted:
    """What the server has counted so far."""
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    return Counted(answer.text)


@pytest.fixture(scope="module")
def forwarder(make_database) -> Iterator[Forwarder]:
    """What stands between `hurt` and its database."""
    with Forwarder(make_database()) as running:
        yield running


@pytest.fixture(scope="module")
def database(forwarder: Forwarder, admin_url: str) -> str:
    """The same database, past the forwarder, as superuser."""
    return f"{admin_url.rpartition('/')[0]}/{forwarder.url.rpartition('/')[2]}"


@pytest.fixture(scope="module")
def hurt(forwarder: Forwarder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database can be taken away, and which gives up soon."""
    with Server(tmp_path_factory.mktemp("hurt"), DATABASE_URL=forwarder.url, REQUEST_TIMEOUT=2) as running:
        yield running


@pytest.fixture
async def http(hurt: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hurt.url, timeout=30, verify=NO_TLS) as http:
        yield http
