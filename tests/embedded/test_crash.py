"""Killed at any moment: the next one to come finds everything, and the one that serves goes on."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest

from donebook.db.local import APPLICATION, acquire
from local_postgres import LocalPostgres, LocalPostgresError, ensure, postmaster
from local_postgres.layout import Layout
from local_postgres.locks import EXCLUSIVE, open_lock, try_lock, unlock
from local_postgres.postmaster import cluster_processes
from tests.embedded.using import User, answering, kill, running, sql, swept, until

WRITE = "INSERT INTO t VALUES (%d) RETURNING a"


def comes_back(url: str, serve: LocalPostgres | None = None, before: int = 0) -> None:
    """Wait until clients get in, to a server other than the one before."""
    until(lambda: (serve is None or serve.pid != before) and answering(url))


def are_gone(layout: Layout) -> None:
    """Wait until the processes of a killed server have ended too."""
    until(lambda: not list(cluster_processes(layout)))


def test_nothing_that_was_committed_is_lost_whoever_is_killed(data: Path):
    written = 0
    with acquire(data, serving=False) as postgres:
        sql(postgres.url, "CREATE TABLE t (a int)", "SELECT 1")
    for victims in ("serve", "postgres", "both", "postgres, then serve", "serve, then postgres"):
        with User(data) as serve:
            assert sql(serve.url, "SELECT count(*) FROM t") == written
            sql(serve.url, WRITE % written)
            written += 1
            if victims.startswith("postgres"):
                kill(serve.postgres)
                comes_back(serve.url)
            if "serve" in victims or victims == "both":
                serve.kill()
            if victims.endswith(("both", "then postgres")):
                kill(serve.postgres)
    with acquire(data, serving=False) as postgres:
        assert sql(postgres.url, "SELECT count(*) FROM t") == written
    assert running(data) is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_server_that_ends_while_served_comes_back_on_its_port(data: Path, number: signal.Signals):
    with acquire(data, serving=True) as serve:
        first, url = serve.pid, serve.url
        sql(url, "CREATE TABLE t AS SELECT 7 AS a")
        os.kill(first, number)
        comes_back(url, serve, first)
        assert serve.url == url
        assert sql(url, "SELECT a FROM t") == 7
    assert running(data) is None


def test_a_server_that_keeps_ending_keeps_coming_back(data: Path):
    with acquire(data, serving=True) as serve:
        for _ in range(4):
            before = serve.pid
            os.kill(before, signal.SIGKILL)
            comes_back(serve.url, serve, before)
    assert running(data) is None


def test_a_command_may_bring_the_server_back_for_the_serve(data: Path):
    with acquire(data, serving=True) as serve:
        url = serve.url
        os.kill(serve.pid, signal.SIGKILL)
        with acquire(data, serving=False) as command:
            assert command.url == url
            until(lambda: serve.pid == command.pid)
        assert answering(url)
    assert running(data) is None


def test_a_command_that_stays_can_ask_for_the_server_again(data: Path):
    with acquire(data, serving=False) as command:
        url, first = command.url, command.pid
        command.ensure()
        assert command.pid == first
        kill(first)
        command.ensure()
        assert command.pid != first
        assert answering(url)


def test_a_serve_that_ends_while_the_server_comes_back_leaves_nothing_running(data: Path):
    for pause in (0, 0.02, 0.1):
        serve = acquire(data, serving=True)
        kill(serve.pid)
        time.sleep(pause)
        serve.release()
        assert running(data) is None
        are_gone(Layout(data, APPLICATION))  # its children notice by themselves that it was killed


def test_what_a_killed_server_leaves_behind_does_not_stop_the_next(data: Path):
    layout = Layout(data, APPLICATION)
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        children = psutil.Process(serve.postgres).children()
        frozen = next(child for child in children if "checkpointer" in " ".join(child.cmdline()))
        serve.kill()
        frozen.suspend()
        kill(serve.postgres)
        assert frozen.pid in list(cluster_processes(layout))
        with acquire(data, serving=False) as postgres:
            assert sql(postgres.url, "SELECT a FROM t") == 7
            assert frozen.pid not in list(cluster_processes(layout))


def test_a_server_that_does_not_answer_is_replaced(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ensure, "UNRESPONSIVE_TIMEOUT", 0.5)
    monkeypatch.setattr(postmaster, "STOP_SIGNALS", [(number, 0.5) for number, _ in postmaster.STOP_SIGNALS])
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        os.kill(serve.postgres, signal.SIGSTOP)
        with pytest.raises(LocalPostgresError, match=f"PID {serve.postgres}.* does not answer"):
            acquire(data, serving=False)
        serve.kill()
        with acquire(data, serving=False) as postgres:
            assert postgres.pid != serve.postgres
            assert sql(postgres.url, "SELECT a FROM t") == 7


def test_files_in_use_by_a_process_that_cannot_be_seen_are_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ensure, "ORPHAN_GRACE", 0.1)
    monkeypatch.setattr(ensure, "ORPHAN_TIMEOUT", 0.3)
    acquire(data, serving=False).release()
    alive = open_lock(data / "postgres/alive.lock")
    assert try_lock(alive, EXCLUSIVE)
    try:
        with pytest.raises(LocalPostgresError, match="in use by a process"):
            acquire(data, serving=False)
    finally:
        unlock(alive)
    with acquire(data, serving=False) as postgres:
        assert answering(postgres.url)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda whole: whole[:12], id="truncated"),
        pytest.param(lambda whole: "\0" * 64, id="zeros"),
        pytest.param(lambda whole: whole.replace(whole.split()[0], str(os.getpid()), 1), id="PID of another program"),
        pytest.param(lambda whole: whole.replace(whole.split()[0], "999999999", 1), id="PID of nobody"),
        pytest.param(lambda whole: f"-{os.getpid()}\n" + whole.partition("\n")[2], id="single-user"),
    ],
)
def test_a_stale_pid_file_does_not_stop_the_start(data: Path, content: Callable[[str], str]):
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        serve.kill()
        kill(serve.postgres)
    are_gone(Layout(data, APPLICATION))
    pid_file = data / "postgres/cluster/postmaster.pid"
    pid_file.write_text(content(pid_file.read_text()))
    with acquire(data, serving=True) as postgres:
        assert sql(postgres.url, "SELECT a FROM t") == 7


def test_a_maker_killed_at_any_moment_leaves_nothing_in_the_way(tmp_path: Path):
    for moment in range(5):
        data = tmp_path / str(moment)
        with User(data) as serve:
            time.sleep(moment * 0.2)
            serve.kill()
        with acquire(data, serving=False) as postgres:
            assert sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a", "SELECT a FROM t") == 7
            assert not list((data / "postgres").glob("cluster.new-*"))
        assert not list(cluster_processes(Layout(data, APPLICATION)))


def test_a_maker_whose_programs_are_killed_says_so_and_the_next_succeeds(empty: Path):
    with User(empty, "command") as maker:
        victim = until(lambda: [*cluster_processes(Layout(empty, APPLICATION))])[0]
        os.kill(victim, signal.SIGKILL)
        if "error" in maker.answer:
            assert str(empty) in maker.answer["error"]
        maker.release()
    assert not list((empty / "postgres").glob("cluster.new-*"))
    with acquire(empty, serving=False) as postgres:
        assert answering(postgres.url)


def test_a_starter_killed_while_the_server_starts_leaves_a_server_to_adopt(data: Path):
    for moment in range(6):
        with User(data) as serve:
            until((data / "postgres/cluster/postmaster.pid").exists)
            time.sleep(moment * 0.007)
            serve.kill()
        with acquire(data, serving=False) as postgres:
            assert answering(postgres.url)
        assert running(data) is None


def test_backups_of_a_killed_server_can_be_restored_elsewhere(data: Path, tmp_path: Path):
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        serve.kill()
        kill(serve.postgres)
    are_gone(Layout(data, APPLICATION))
    with swept(tmp_path / "restored") as restored:
        shutil.copytree(data, restored)
        with acquire(data, serving=True) as one, acquire(restored, serving=True) as other:
            assert one.url != other.url
            assert sql(other.url, "SELECT a FROM t") == 7


def test_a_transaction_cut_off_by_the_crash_is_not_there(data: Path):
    with User(data) as serve:
        sql(serve.url, "CREATE TABLE t (a int)", "SELECT 1")

        async def unfinished() -> None:
            connection = await asyncpg.connect(serve.url)
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO t VALUES (1)")
            kill(serve.postgres)
            connection.terminate()

        asyncio.run(unfinished())
        comes_back(serve.url)
        assert sql(serve.url, "SELECT count(*) FROM t") == 0
        serve.release()
