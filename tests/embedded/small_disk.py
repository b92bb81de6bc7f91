"""A data directory on a disk of its own, full, read-only, and with room again: `small_disk.py MOUNT_POINT`.

Run by `test_places.py` where it may mount: as root, or as root of a namespace of its own. It ends with `fine`.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from donebook.db.local import acquire
from local_postgres import LocalPostgresError
from tests.embedded.using import running, sql, swept

MIB = 1 << 20


def fill(disk: Path, *, leaving: int) -> Path:
    """A file that takes all room but so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 0
        with suppress(OSError):
            while True:
                size += file.write(b"x" * 65536)
        file.truncate(max(size - leaving, 0))
    return ballast


def refused(data: Path) -> str:
    """The sentence with which the data directory is refused."""
    try:
        acquire(data, serving=True).release()
    except LocalPostgresError as error:
        return str(error)
    raise AssertionError("it was not refused")


def full(disk: Path) -> None:
    """No room to make a cluster, at several points on the way; then room."""
    data = disk / "data"
    for room in (0, MIB, 8 * MIB, 20 * MIB, 30 * MIB, 38 * MIB):
        ballast = fill(disk, leaving=room)
        said = refused(data)
        assert "No space left on device" in said, said
        assert str(data) in said, said
        assert not list(data.glob("postgres/cluster*")), room
        ballast.unlink()
    with acquire(data, serving=True) as postgres:
        sql(postgres.url, "CREATE TABLE t AS SELECT 7 AS a", "SELECT 1")


def full_later(disk: Path) -> None:
    """A cluster in use when the disk fills up, which is then killed."""
    data = disk / "data"
    postgres = acquire(data, serving=False)
    psutil.Process(postgres.pid).kill()
    ballast = fill(disk, leaving=0)
    said = refused(data)
    assert "No space left on device" in said, said
    assert str(data) in said, said
    ballast.unlink()
    with acquire(data, serving=True) as again:
        assert sql(again.url, "SELECT a FROM t") == 7
    postgres.release()


def read_only(disk: Path) -> None:
    """A cluster, and an empty place, on a disk that takes no writes."""
    subprocess.run(["mount", "-o", "remount,bind,ro", disk], check=True)
    for data in (disk / "data", disk / "other"):
        said = refused(data)
        assert "Read-only file system" in said, said
        assert str(data) in said, said
    subprocess.run(["mount", "-o", "remount,bind,rw", disk], check=True)
    with acquire(disk / "data", serving=True) as postgres:
        assert sql(postgres.url, "SELECT a FROM t") == 7


def main(disk: Path) -> None:
    """Mount it, try everything, unmount it."""
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=0755", "tmpfs", disk], check=True)
    try:
        with swept(disk / "data"):
            full(disk)
            full_later(disk)
            read_only(disk)
            assert running(disk / "data") is None
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print("fine")
