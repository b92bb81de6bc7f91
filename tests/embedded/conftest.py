"""Data directories for the tests of the local Postgres, and a cluster that is made once and copied."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from donebook.db.local import acquire
from tests.embedded.using import swept


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """A data directory that is not there yet. Pytest's own directories let nobody else in, not even for root's sake."""
    with swept(tmp_path / "data") as data:
        yield data


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a cluster, stopped, to be copied."""
    with swept(tmp_path_factory.mktemp("made") / "data") as data:
        acquire(data, serving=False).release()
        return data


@pytest.fixture
def data(made: Path, empty: Path) -> Path:
    """A data directory with a cluster of its own, stopped."""
    shutil.copytree(made, empty)
    return empty


@pytest.fixture
def open_empty() -> Iterator[Path]:
    """A data directory that is not there yet, where every account of the system can get to."""
    parent = Path(tempfile.mkdtemp(prefix="donebook-test-"))
    parent.chmod(0o755)
    try:
        with swept(parent / "data") as data:
            yield data
    finally:
        shutil.rmtree(parent)
