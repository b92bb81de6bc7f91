"""The package keeps a Postgres for any application: the names on disk and in messages are the application's."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

import local_postgres
from donebook.db.local import acquire
from local_postgres import Application, LocalPostgresError
from local_postgres.layout import Layout
from local_postgres.postmaster import Postmaster
from tests.embedded.using import answering, sql

NAMES = {"name": "notes", "role": "writer", "database": "notebook"}
TEXTS = {"title": "Notes", "command": "notes", "serve_command": "notes serve"}
NOTES = Application(**NAMES, **TEXTS, data_setting="NOTES_DIR", url_setting="NOTES_URL")


def test_another_application_has_its_own_names(empty: Path):
    with local_postgres.acquire(empty, NOTES, serving=True) as postgres:
        password = (empty / "postgres/writer.password").read_text()
        assert postgres.url.startswith(f"postgresql://writer:{password}@127.0.0.1:")
        assert postgres.url.endswith("/notebook")
        assert answering(postgres.url)
        assert (
            sql(postgres.url, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'notebook'") == "writer"
        )
        assert str(sql(postgres.url, "SHOW cluster_name")).startswith("notes-")
        with pytest.raises(LocalPostgresError, match=r"Another notes serve \(PID "):
            local_postgres.acquire(empty, NOTES, serving=True)
    assert Postmaster.find(Layout(empty, NOTES)) is None
    (empty / "postgres/writer.password").unlink()
    with local_postgres.acquire(empty, NOTES, serving=False) as postgres:
        assert answering(postgres.url)
    (empty / "postgres/cluster/PG_VERSION").write_text("17\n")
    with pytest.raises(LocalPostgresError, match=r"dump the data with the Notes that wrote it, .* a new NOTES_DIR\."):
        local_postgres.acquire(empty, NOTES, serving=False)


def test_donebook_finds_data_that_an_earlier_version_stored(data: Path):
    """These names are in data folders and in the command lines of running servers: they never change."""
    with acquire(data, serving=True) as postgres:
        digest = sha256(bytes(data / "postgres/cluster")).hexdigest()[:16]
        assert sql(postgres.url, "SHOW cluster_name") == f"donebook-{digest}"
        assert {path.name for path in data.iterdir()} == {"postgres", "serve.lock"}
        assert {path.name for path in (data / "postgres").iterdir()} == {
            *("cluster", "donebook.password", "postgres.password", "last-start.json", "postgres.log"),
            *("starting.lock", "users.lock", "alive.lock"),
        }
        assert set(json.loads((data / "postgres/last-start.json").read_text())) == {"port", "pid", "since", "build"}


@pytest.mark.parametrize("member", NAMES)
@pytest.mark.parametrize("name", ["", "Notes", "my notes", "notes'; --", "n" * 64, "postgres", "1st", "notes\n"])
def test_a_name_that_postgres_would_not_take_is_refused(member: str, name: str):
    with pytest.raises(ValueError, match="is no name"):
        Application(**(NAMES | {member: name}), **TEXTS, data_setting="NOTES_DIR", url_setting="NOTES_URL")
