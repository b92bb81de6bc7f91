"""What runs: who gets in, what cannot be switched off, what it never writes down."""

import socket
import stat
from pathlib import Path

import asyncpg
import psutil
import pytest

from donebook.db.local import acquire
from local_postgres import LocalPostgresError, start
from local_postgres.start import LOG_LIMIT, PORTS
from tests.embedded.using import User, answering, as_superuser, kill, sql, until


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_it_listens_on_one_local_address_and_on_no_unix_socket(data: Path):
    with acquire(data, serving=False) as postgres:
        listening = [
            connection.laddr
            for connection in psutil.Process(postgres.pid).net_connections("all")
            if connection.status == psutil.CONN_LISTEN or connection.family == socket.AF_UNIX
        ]
        assert listening == [("127.0.0.1", port_of(postgres.url))]
        assert port_of(postgres.url) in PORTS


def test_everybody_is_asked_for_a_password(data: Path):
    methods = [
        line.split()[-1]
        for line in (data / "postgres/cluster/pg_hba.conf").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert set(methods) == {"scram-sha-256"}
    with acquire(data, serving=False) as postgres:
        for url in (postgres.url, as_superuser(data, postgres.url)):
            assert sql(url, "SELECT 1") == 1
            scheme, _, rest = url.partition("://")
            user = rest.partition(":")[0]
            with pytest.raises(asyncpg.InvalidPasswordError):
                sql(f"{scheme}://{user}:wrong@{rest.partition('@')[2]}", "SELECT 1")


def test_passwords_are_for_their_owner_only_and_differ(data: Path, open_empty: Path):
    acquire(open_empty, serving=False).release()
    files = [
        place / "postgres" / name for place in (data, open_empty) for name in ("donebook.password", "postgres.password")
    ]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert len({file.read_text() for file in files}) == len(files)


def test_the_role_owns_its_database_and_nothing_more(data: Path):
    with acquire(data, serving=False) as postgres:
        role = "SELECT ARRAY[rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls] FROM pg_roles"
        assert not any(sql(postgres.url, f"{role} WHERE rolname = 'donebook'"))
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'donebook'"
        assert sql(postgres.url, owner) == "donebook"
        assert sql(postgres.url, "CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent", "SELECT 1") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(postgres.url, "ALTER SYSTEM SET fsync = off")


def test_text_is_unicode_in_case_in_order_and_in_search(data: Path):
    with acquire(data, serving=False) as postgres:
        assert sql(postgres.url, "SHOW server_encoding") == "UTF8"
        assert sql(postgres.url, "SELECT lower('ÄÉŁΩ')") == "äéłω"
        assert sql(postgres.url, "SELECT string_agg(a, '' ORDER BY a) FROM unnest('{é,b,a,Z,ł}'::text[]) a") == "Zabéł"
        assert sql(postgres.url, "SELECT to_tsvector('simple', '„Éclair“ — über…')::text") == "'éclair':1 'über':2"
        assert sql(postgres.url, "CREATE EXTENSION pg_trgm", "SELECT similarity('É—a', 'é a')") == 1


def test_durability_cannot_be_switched_off(data: Path):
    forced = ("fsync", "full_page_writes", "synchronous_commit")
    with acquire(data, serving=False) as postgres:
        superuser = as_superuser(data, postgres.url)
        for name in forced:
            sql(superuser, f"ALTER SYSTEM SET {name} = off")
        sql(superuser, "ALTER SYSTEM SET listen_addresses = '*'")
        sql(superuser, "SELECT pg_reload_conf()")
        assert [sql(superuser, f"SHOW {name}") for name in forced] == ["on"] * 3
    with (data / "postgres/cluster/postgresql.conf").open("a") as file:
        file.writelines(f"{name} = off\n" for name in forced)
    with acquire(data, serving=False) as postgres:
        assert [sql(postgres.url, f"SHOW {name}") for name in forced] == ["on"] * 3
        assert sql(postgres.url, "SHOW listen_addresses") == "127.0.0.1"
        assert sql(postgres.url, "SHOW data_checksums") == "on"


def test_what_somebody_wrote_never_reaches_the_log(data: Path):
    failing = [
        "INSERT INTO t VALUES ('my secret')",
        "INSERT INTO t VALUES ('taken my secret'), ('taken my secret')",
        "SELECT 'my secret'::uuid",
        "SELECT to_tsquery('my secret & &')",
        "SELECT 'my secret'::timestamptz",
        "SELECT my secret from",
        "DO $$ BEGIN RAISE WARNING 'my secret'; RAISE EXCEPTION 'my secret'; END $$",
    ]
    with acquire(data, serving=False) as postgres:
        sql(postgres.url, "CREATE TABLE t (a text UNIQUE CHECK (a LIKE 'taken%'))", "SELECT 1")
        for statement in failing:
            with pytest.raises(asyncpg.PostgresError):
                sql(postgres.url, statement)
        kill(postgres.pid)
    said = (data / "postgres/postgres.log").read_text()
    assert "ready to accept connections" in said
    assert "secret" not in said


def test_the_log_is_bounded_at_the_start_and_while_it_is_used(data: Path):
    log = data / "postgres/postgres.log"
    log.write_bytes(b"x" * (LOG_LIMIT + 1))
    with acquire(data, serving=True):
        assert log.stat().st_size < LOG_LIMIT
        assert log.with_name("postgres.log.1").stat().st_size == LOG_LIMIT + 1
        with log.open("ab") as file:
            file.write(b"y" * (LOG_LIMIT + 1))
        until(lambda: log.stat().st_size < LOG_LIMIT)
    assert log.read_text().count("database system is shut down") == 1


def test_the_port_stays_the_same_from_start_to_start(data: Path):
    with acquire(data, serving=False) as first:
        port = port_of(first.url)
    with acquire(data, serving=False) as second:
        assert port_of(second.url) == port
    with socket.create_server(("127.0.0.1", port)), acquire(data, serving=False) as third:
        assert port_of(third.url) != port


def test_a_port_that_users_rely_on_is_never_exchanged(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(start, "START_RETRY", 0.3)
    with acquire(data, serving=False) as user:
        url = user.url
        kill(user.pid)
        with socket.create_server(("127.0.0.1", port_of(url))), pytest.raises(LocalPostgresError, match="port"):
            acquire(data, serving=False)
        with acquire(data, serving=False) as other:
            assert other.url == url
            assert answering(url)


def test_another_program_on_the_port_is_not_taken_for_postgres(data: Path):
    with User(data) as serve:
        port = port_of(serve.url)
        kill(serve.postgres)
        serve.kill()
    with socket.create_server(("127.0.0.1", port)), acquire(data, serving=False) as postgres:
        assert port_of(postgres.url) != port
        assert answering(postgres.url)


def test_connections_a_pool_may_open(data: Path):
    with acquire(data, serving=False) as postgres:
        assert sql(postgres.url, "SHOW max_connections") == "100"
