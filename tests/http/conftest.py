"""What the tests of everything around the contract share."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.forwarder import Forwarder
from tests.server import ROOT, Server

DIST = ROOT / "frontend" / "dist"
PATIENCE = 30  # s: how long a line may take to reach the log

type Line = dict[str, Any]


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built web app; `make` builds it before any test."""
    assert (DIST / "index.html").is_file(), "the web app is not built: make build"
    return DIST


@pytest.fixture(scope="session")
def forwarder(make_database: Callable[[], str]) -> Iterator[Forwarder]:
    """What stands between `hurt` and its database."""
    with Forwarder(make_database()) as running:
        yield running


@pytest.fixture(scope="session")
def hurt(forwarder: Forwarder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose database can be taken away, and which logs all it has to say."""
    with Server(
        tmp_path_factory.mktemp("hurt"), DATABASE_URL=forwarder.url, REQUEST_TIMEOUT=1, LOG_LEVEL="debug"
    ) as running:
        yield running


def lines(server: Server) -> list[Line]:
    """What a server has logged, once it is sure that each line is a JSON object; its banner is left out."""
    logged = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert all(isinstance(line, dict) for line in logged)
    return logged


def logged(server: Server, request_id: str) -> list[Line]:
    """What a server logs about one request: it writes after it has answered, so this waits for it."""
    until = time.monotonic() + PATIENCE
    while not (found := [line for line in lines(server) if line.get("request_id") == request_id]):
        assert time.monotonic() < until, f"nothing was logged about {request_id}"
    return found
