"""One server, many users: who may have it, who stops it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from donebook.db.local import APPLICATION, acquire
from local_postgres import LocalPostgresError
from local_postgres.account import StrPath, choose_account
from local_postgres.layout import Layout
from local_postgres.server import find_programs
from tests.embedded.using import LINUX, User, answering, as_superuser, running, sql, until


def test_the_first_use_makes_a_database_that_works(empty: Path):
    with acquire(empty, serving=True) as postgres:
        assert postgres.started
        assert postgres.data == empty
        assert postgres.pid == running(empty)
        assert re.fullmatch(r"postgresql://donebook:[\w-]{32}@127\.0\.0\.1:\d+/donebook", postgres.url)
        assert sql(postgres.url, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x') RETURNING a") == "x"
    assert running(empty) is None


def test_a_second_serve_is_told_who_is_first(data: Path):
    with acquire(data, serving=True), User(data, "serve") as second:
        assert f"PID {os.getpid()}" in second.answer["error"]
        assert str(data) in second.answer["error"]


def test_a_serve_can_follow_another(data: Path):
    acquire(data, serving=True).release()
    acquire(data, serving=True).release()


def test_a_command_works_beside_a_serve_and_leaves_it_running(data: Path):
    with acquire(data, serving=True) as serve:
        with acquire(data, serving=False) as command:
            assert not command.started
            assert (command.url, command.pid) == (serve.url, serve.pid)
        assert running(data) == serve.pid
    assert running(data) is None


def test_a_serve_leaves_the_server_to_a_command_that_still_uses_it(data: Path):
    serve = acquire(data, serving=True)
    command = acquire(data, serving=False)
    serve.release()
    assert answering(command.url)
    command.release()
    assert running(data) is None


def test_a_second_release_does_nothing(data: Path):
    serve = acquire(data, serving=True)
    serve.release()
    with acquire(data, serving=False) as command:
        serve.release()
        assert answering(command.url)
    with pytest.raises(LocalPostgresError):
        serve.ensure()


def test_many_at_once_share_one_server(empty: Path):
    users = [User(empty, "command") for _ in range(5)]
    try:
        assert len({(user.postgres, user.url) for user in users}) == 1
        assert sum(user.answer["started"] for user in users) == 1
        for user in users:
            assert running(empty) == users[0].postgres
            user.release()
        assert running(empty) is None
    finally:
        for user in users:
            with user:
                pass


def test_what_a_killed_serve_leaves_running_is_adopted_and_then_stopped(data: Path):
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        serve.kill()
        assert running(data) == serve.postgres
        with acquire(data, serving=True) as next_serve:
            assert not next_serve.started
            assert (next_serve.pid, next_serve.url) == (serve.postgres, serve.url)
            assert sql(next_serve.url, "SELECT a FROM t") == 7
    assert running(data) is None


def test_a_killed_user_does_not_count(data: Path):
    with acquire(data, serving=True), User(data, "command") as command:
        assert command.answer
        command.kill()
    assert running(data) is None


def test_ctrl_c_in_a_terminal_does_not_reach_the_server(data: Path):
    with acquire(data, serving=False) as postgres:
        assert os.getsid(postgres.pid) == postgres.pid != os.getsid(0)


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_the_server_inherits_one_lock_and_no_secrets(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("PGPORT", "1")
    with acquire(data, serving=True) as postgres:
        process = Path("/proc", str(postgres.pid))
        ours = [fd.readlink() for fd in (process / "fd").iterdir() if fd.readlink().is_relative_to(data)]
        outside = [path.name for path in ours if not path.is_relative_to(data / "postgres/cluster")]
        assert sorted(set(outside)) == ["alive.lock", "postgres.log"]
        assert set(psutil.Process(postgres.pid).environ()) <= {
            *("PATH", "LC_ALL", "TZ", "LD_LIBRARY_PATH"),
            *("PG_GRANDPARENT_PID", "PGDATA", "PGLOCALEDIR", "PGSYSCONFDIR", "LC_CTYPE", "LC_COLLATE", "LC_MESSAGES"),
            *("LC_MONETARY", "LC_NUMERIC", "LC_TIME"),
        }


def test_a_server_of_other_programs_is_replaced_once_nobody_uses_it(data: Path):
    with User(data) as serve:
        note = data / "postgres/last-start.json"
        note.write_text(re.sub(r'"build": "\w+"', '"build": "older"', note.read_text()) if serve.answer else "")
        with acquire(data, serving=False) as command:
            assert command.pid == serve.postgres
        serve.kill()
        with acquire(data, serving=False) as command:
            assert command.started
            assert command.pid != serve.postgres


def test_a_server_started_by_hand_is_replaced_by_one_with_our_options(data: Path):
    layout = Layout(data, APPLICATION)
    programs = find_programs(APPLICATION)
    account, _ = choose_account(layout, programs)
    server: list[StrPath] = [
        programs / "bin/postgres",
        "-D",
        layout.cluster,
        "-c",
        "port=21987",
        "-c",
        "unix_socket_directories=",
    ]
    by_hand = account.spawn(server, output=subprocess.DEVNULL)
    try:
        until(lambda: running(data))
        with acquire(data, serving=False) as postgres:
            assert postgres.started
            assert by_hand.wait(10) == 0
            assert sql(as_superuser(data, postgres.url), "SHOW fsync") == "on"
    finally:
        by_hand.kill()
        by_hand.wait()


def test_a_server_that_is_shutting_down_is_waited_for(data: Path):
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        serve.kill()
        os.kill(serve.postgres, signal.SIGINT)
        with acquire(data, serving=False) as postgres:
            assert sql(postgres.url, "SELECT a FROM t") == 7
