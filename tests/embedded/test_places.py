"""Where the data may lie, and what is said when it may not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from donebook.db.local import acquire
from local_postgres import LocalPostgresError
from tests.embedded.using import ROOT, User, answering, kill, sql, swept
from tests.rights import MOUNTING, may_mount, require

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name",
    [
        "with spaces, 'both' \"quotes\" and $HOME `id` \\ ; & * -x",
        "100% größer: 日本語 \N{PARTY POPPER}",
        "-rf/" + "/".join(["d" * 60] * 4),
    ],
)
def test_any_name_will_do(tmp_path: Path, name: str):
    with swept(tmp_path / name) as data:
        with acquire(data, serving=True) as postgres:
            assert sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a", "SELECT a FROM t") == 7
            kill(postgres.pid)
        with acquire(data, serving=True) as postgres:
            assert sql(postgres.url, "SELECT a FROM t") == 7


def test_a_relative_path_is_where_we_are(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(data.parent)
    with acquire(Path("./data"), serving=True) as postgres:
        assert postgres.data == data
        monkeypatch.chdir("/")
        with acquire(data, serving=False) as other:
            assert other.pid == postgres.pid


def test_a_symbolic_link_leads_to_the_same_server(data: Path, tmp_path: Path):
    link = tmp_path / "link"
    link.symlink_to(data)
    with acquire(data, serving=True) as postgres, acquire(link, serving=False) as other:
        assert other.pid == postgres.pid


@pytest.mark.parametrize("name", ["line\nbreak", "x/" + "/".join(["d" * 200] * 6)])
def test_a_name_that_postgres_cannot_take_is_refused(tmp_path: Path, name: str):
    with pytest.raises(LocalPostgresError, match="choose another"):
        acquire(tmp_path / name, serving=True)
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_data_directory(tmp_path: Path):
    file = tmp_path / "data"
    file.write_text("mine")
    for data in (file, file / "below"):
        with pytest.raises(LocalPostgresError, match=re.escape(str(data))):
            acquire(data, serving=True)
    assert file.read_text() == "mine"


def test_something_else_in_the_place_of_the_cluster_is_not_touched(empty: Path):
    cluster = empty / "postgres/cluster"
    cluster.mkdir(parents=True)
    (cluster / "thesis.txt").write_text("mine")
    with pytest.raises(LocalPostgresError, match="not a whole PostgreSQL cluster"):
        acquire(empty, serving=True)
    assert (cluster / "thesis.txt").read_text() == "mine"
    (cluster / "thesis.txt").unlink()
    with acquire(empty, serving=True) as postgres:
        assert answering(postgres.url)


def test_data_of_another_major_version_is_refused_and_left_as_it_is(data: Path):
    cluster = data / "postgres/cluster"
    (cluster / "PG_VERSION").write_text("17\n")
    before = {path: path.stat().st_mtime_ns for path in cluster.rglob("*")}
    with pytest.raises(
        LocalPostgresError, match=r"written by PostgreSQL 17, and this is PostgreSQL \d+\. Nothing was changed"
    ):
        acquire(data, serving=True)
    assert {path: path.stat().st_mtime_ns for path in cluster.rglob("*")} == before


def test_a_lost_password_is_replaced(data: Path):
    with acquire(data, serving=True) as postgres:
        sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a")
    (data / "postgres/donebook.password").unlink()
    with acquire(data, serving=True) as postgres:
        assert sql(postgres.url, "SELECT a FROM t") == 7


def test_a_half_made_cluster_is_removed(data: Path):
    left = data / "postgres/cluster.new-abc"
    (left / "base").mkdir(parents=True)
    (data / "postgres/cluster.new-abc.password").write_text("x")
    acquire(data, serving=True).release()
    assert not list((data / "postgres").glob("cluster.new-*"))


def test_a_cluster_copied_with_loose_permissions_is_made_fit(data: Path):
    (data / "postgres/cluster").chmod(0o755)
    acquire(data, serving=True).release()


def test_a_directory_that_may_not_be_written_is_refused(open_empty: Path):
    """As root, who may write anywhere, an ordinary user tries it."""
    open_empty.mkdir(mode=0o555)
    with User(open_empty, "serve", *(["65534"] if ROOT else [])) as user:
        assert user.answer["error"].startswith(f"The data directory {open_empty} cannot be used: Permission denied")
    assert not list(open_empty.iterdir())
    with User(open_empty / "below", "serve", *(["65534"] if ROOT else [])) as user:
        assert "Permission denied" in user.answer["error"]


def test_a_full_or_read_only_disk_is_named_and_leaves_nothing_in_the_way(tmp_path: Path):
    require(may_mount(), MOUNTING)
    disk = tmp_path / "disk"
    script = [sys.executable, "-W", "error", "-m", "tests.embedded.small_disk", str(disk)]
    if not ROOT:
        script = ["unshare", "-Urm", "--", *script]
    run = subprocess.run(script, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.stdout == "fine\n", run.stderr


def test_a_file_that_may_not_grow_ends_the_making_of_a_cluster(tmp_path: Path):
    """No file may grow over 1 MiB, which ends the making of a cluster as early as a full disk does."""
    data = tmp_path / "data"
    limit = ("sh", "-c", 'ulimit -f 2048; exec "$@"', "sh")
    with swept(data):
        with User(data, "serve", prefix=limit) as user:
            assert str(data) in user.answer["error"]
            assert re.search("File too large|size limit exceeded", user.answer["error"])
        assert not list(data.glob("postgres/cluster*"))
        with acquire(data, serving=True) as postgres:
            assert answering(postgres.url)
