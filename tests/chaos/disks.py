"""Disks that are really full while a loaded Donebook serves: `python -m tests.chaos.disks`.

Small ones are mounted for the tables, for the write-ahead log, and for all that Donebook's own Postgres has, then
filled to the last byte, and given room again. Linux only.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

import httpx

from tests.chaos.history import History, Outcome
from tests.chaos.load import Load
from tests.conftest import execute
from tests.embedded.small_disk import fill
from tests.outages.cluster import Cluster, running
from tests.outages.made import embedded
from tests.outages.site import running as serving
from tests.server import Server

CLIENTS = 8
BEFORE, REFUSED, AFTER = 60, 25, 60  # writes
LONG = 120.0  # s: no disk takes that long
LEFT = 200_000  # bytes: of a file of the log
FULL = "503 full, in 30 s"
UNREACHABLE = {"503 unavailable, in 2 s", "503 outcome-unknown, in 2 s"}


async def nothing() -> None:
    """There is nothing to do."""


async def fill_up_the_log(admin_url: str) -> None:
    """Leave little of the file of the log that is being written: whoever needs the next one finds no room for it."""
    await execute(
        admin_url,
        f"""SELECT pg_logical_emit_message(false, 'ballast', repeat('x', greatest(0, size - {LEFT} - at.file_offset)))
        FROM pg_walfile_name_offset(pg_current_wal_insert_lsn()) AS at,
            CAST(pg_size_bytes(current_setting('wal_segment_size')) AS integer) AS size""",
    )


@dataclass
class Trial:
    """A server whose database has a small disk."""

    server: Server
    disk: Path
    may: set[str]
    """What writers may be told while it is full."""
    press: Callable[[], Awaitable[object]] = nothing
    """What makes a full disk felt."""
    relieve: Callable[[], Awaitable[object]] = nothing
    """What besides room the database needs to go on."""
    history: History = field(default_factory=History)
    reads: Counter[int] = field(default_factory=Counter)

    async def run(self) -> list[str]:
        """Load, no room, room again; everything that is wrong afterwards."""
        process = self.server.process
        load = Load(self.server.url, self.history, clients=CLIENTS, seed=0)
        async with httpx.AsyncClient(base_url=self.server.url, timeout=30, trust_env=False) as http:
            async with asyncio.timeout(LONG), load:
                await load.more(BEFORE)
                ballast = fill(self.disk, leaving=0)
                await self.press()
                while load.told.total() < REFUSED:
                    self.reads[(await http.get("/tasks")).status_code] += 1
                    await asyncio.sleep(0.02)
                told = load.told.copy()
                alive = (await http.get("/health/live")).status_code
                ballast.unlink()
                await self.relieve()
                began, behind = monotonic(), len(load.acknowledged)
                await load.more(AFTER)
            listed = (await http.get("/tasks")).json()
            metrics = (await http.get("/metrics")).text
        faults = [f"{kind}: {case}" for kind, cases in self.history.check(listed).faults.items() for case in cases]
        faults += load.surprises
        faults += [f"writers were told {answer}" for answer in told.keys() - self.may]
        faults += [f"readers were told {status}" for status in self.reads if status != 200 and self.may == {FULL}]
        faults += ["the process was another"] * (self.server.process is not process or process is None)
        faults += ["a request was answered 500"] * ('status="500"' in metrics)
        faults += [f"/health/live was {alive}"] * (alive != 200)
        figures = self.history.figures
        print(f"  {figures[Outcome.DONE]} writes acknowledged, {figures[Outcome.UNKNOWN]} unknown")
        print(f"  while full, writers: {dict(told)}; readers: {dict(self.reads)}")
        print(f"  back {load.acknowledged[behind] - began:.2f} s after there was room; faults: {faults}", flush=True)
        return faults


@asynccontextmanager
async def for_the_tables(folder: Path) -> AsyncIterator[Trial]:
    """The tables have no room, and the write-ahead log, on another disk, has."""
    cluster = Cluster(embedded(folder / "data"))
    disk = move(cluster.data / "base", mib=40)
    async with running(cluster):
        server = Server(folder, DATABASE_URL=cluster.url, LOG_LEVEL="warning")
        async with serving(server):
            yield Trial(server, disk, {FULL})


@asynccontextmanager
async def for_the_log(folder: Path) -> AsyncIterator[Trial]:
    """The write-ahead log has no room: Postgres panics, cannot recover, and is started again when there is room."""
    cluster = Cluster(embedded(folder / "data"))
    disk = move(cluster.data / "pg_wal", mib=64)

    async with running(cluster):
        server = Server(folder, DATABASE_URL=cluster.url, LOG_LEVEL="warning")
        async with serving(server):
            yield Trial(server, disk, UNREACHABLE, partial(fill_up_the_log, cluster.admin_url), cluster.ready)


@asynccontextmanager
async def for_everything(folder: Path) -> AsyncIterator[Trial]:
    """Donebook's own Postgres, which Donebook starts again by itself."""
    data = folder / "data"
    data.mkdir()
    mount(data, mib=160)
    server = Server(folder, DATA_DIR=data, LOG_LEVEL="warning")
    async with serving(server):
        password = (data / "postgres" / "postgres.password").read_text().strip()
        port = (data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[3]
        admin_url = f"postgresql://postgres:{password}@127.0.0.1:{port}/donebook"
        yield Trial(server, data, UNREACHABLE | {FULL}, partial(fill_up_the_log, admin_url))


DISKS = {"tables": for_the_tables, "log": for_the_log, "everything": for_everything}


def move(directory: Path, *, mib: int) -> Path:
    """Put a directory of a cluster on a small disk of its own."""
    aside = directory.with_name("aside")
    directory.rename(aside)
    directory.mkdir()
    owner = aside.stat()
    mount(directory, mib=mib)
    os.chown(directory, owner.st_uid, owner.st_gid)
    directory.chmod(0o700)
    subprocess.run(["cp", "-a", f"{aside}/.", directory], check=True)
    return directory


def mount(directory: Path, *, mib: int) -> None:
    """A small disk; it goes with the namespace in which it is mounted."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "tmpfs", directory], check=True)


async def trials(folder: Path, names: list[str]) -> bool:
    """Try these disks where they may be mounted; whether every promise was kept."""
    kept = True
    for name in names:
        (folder / name).mkdir(parents=True)
        print(f"a small disk for {name}")
        async with DISKS[name](folder / name) as trial:
            kept &= not await trial.run()
    return kept


def main() -> int:
    """Exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.disks", description=__doc__)
    parser.add_argument("disks", nargs="*", metavar="DISK", help=f"some of {', '.join(DISKS)}; all if none is given")
    parser.add_argument("--in", dest="folder", type=Path, help="a folder below which we may mount")
    chosen = parser.parse_args()
    if chosen.folder:
        return 0 if asyncio.run(trials(chosen.folder, chosen.disks or list(DISKS))) else 1
    # In a namespace of its own, which takes along what was mounted in it when it ends.
    where = ["unshare", "--mount" if os.geteuid() == 0 else "-Urm", "--"]
    with tempfile.TemporaryDirectory(prefix="donebook-chaos-") as folder:
        again = [sys.executable, "-m", "tests.chaos.disks", "--in", folder, *chosen.disks]
        return subprocess.run([*where, *again], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
