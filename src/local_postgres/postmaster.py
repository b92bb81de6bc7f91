"""The running server: find it, check that it accepts connections, stop it, and clean up after a killed one."""

import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from local_postgres.application import Application
from local_postgres.layout import Layout

ADDRESS = "127.0.0.1"
PROCESS_NAMES = ("postgres", "initdb")
# The signals of a stop, each with the seconds to wait for it: fast, immediate, kill. Together under 5 s.
# https://www.postgresql.org/docs/18/server-shutdown.html
STOP_SIGNALS = ((signal.SIGINT, 2.6), (signal.SIGQUIT, 0.6), (signal.SIGKILL, 0.6))


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The content of `postmaster.pid`; `since` is the time of the start in seconds since 1970.

    https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
    """

    pid: int
    since: int
    port: int
    status: str

    @classmethod
    def read(cls, layout: Layout) -> "Postmaster | None":
        """Read the file; return None when it is missing or incomplete."""
        try:
            lines = (layout.cluster / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
            status = lines[7].strip() if len(lines) > 7 else "starting"
            return cls(int(lines[0]), int(lines[2]), int(lines[3]), status)
        except (FileNotFoundError, ValueError, IndexError):
            return None

    @classmethod
    def find(cls, layout: Layout) -> "Postmaster | None":
        """Return the server of this cluster, if the process that the file names really is that server."""
        found = cls.read(layout)
        return found if found and found.pid > 0 and belongs_to_cluster(found.pid, layout) else None


def belongs_to_cluster(pid: int, layout: Layout) -> bool:
    """Whether the process is PostgreSQL running on this cluster, or on one that is being created for it."""
    try:
        process = psutil.Process(pid)
        if process.name() not in PROCESS_NAMES or process.status() == psutil.STATUS_ZOMBIE:
            return False
        try:
            cwd = Path(process.cwd())
        except psutil.AccessDenied:
            # Root in a container may not inspect other users' processes, but may read their command lines.
            return layout.cluster_name in " ".join(process.cmdline())
        being_created = cwd.parent == layout.root and cwd.name.startswith("cluster.new-")
        return being_created or cwd.samefile(layout.cluster)
    except (psutil.Error, OSError):
        return False


def cluster_processes(layout: Layout) -> Iterator[int]:
    """Yield every process of this cluster, the children of a killed postmaster included."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] in PROCESS_NAMES and belongs_to_cluster(process.pid, layout):
            yield process.pid


def wait_until_gone(pid: int, layout: Layout, *, within: float) -> bool:
    """Wait for the process to end; return False when it did not within so many seconds."""
    deadline = time.monotonic() + within
    while belongs_to_cluster(pid, layout):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True


def stop(postmaster: Postmaster, layout: Layout) -> bool:
    """Shut the server down within 5 s; return whether it ended."""
    for number, seconds in STOP_SIGNALS:
        if belongs_to_cluster(postmaster.pid, layout):
            send_signal(postmaster.pid, number)
        if wait_until_gone(postmaster.pid, layout, within=seconds):
            return True
    return False


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def accepts_connections(port: int, application: Application) -> bool:
    """Whether a Postgres on that port accepts clients: it replies within 1 s, and not with "starting up" (57P03).

    https://www.postgresql.org/docs/18/protocol-message-formats.html
    """
    parameters = f"user\0{application.role}\0database\0{application.database}\0\0".encode()
    startup = struct.pack("!I", 3 << 16) + parameters
    try:
        with socket.create_connection((ADDRESS, port), timeout=1) as connection:
            connection.sendall(struct.pack("!I", len(startup) + 4) + startup)
            reply = connection.recv(1024)
    except OSError:
        return False
    return reply[:1] == b"R" or (reply[:1] == b"E" and b"\0C57P" not in reply)


def remove_stale_pid_file(layout: Layout) -> None:
    """Remove a `postmaster.pid` that keeps Postgres from starting: it is incomplete, or another process has its PID.

    A complete one whose process has ended stays: Postgres reads it.
    """
    recorded = Postmaster.read(layout)
    if recorded is None or psutil.pid_exists(abs(recorded.pid)):
        (layout.cluster / "postmaster.pid").unlink(missing_ok=True)
