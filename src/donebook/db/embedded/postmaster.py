"""The running Postgres: find it, ask whether it answers, stop it, and see off what a killed one left behind."""

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

from donebook.db.embedded.layout import Layout

ADDRESS = "127.0.0.1"
PROGRAMS = ("postgres", "initdb")
# How a stop gets harder, and for how many seconds each is given: fast, immediate, kill. Together under 5 s.
# https://www.postgresql.org/docs/18/server-shutdown.html
PATIENCE = ((signal.SIGINT, 2.6), (signal.SIGQUIT, 0.6), (signal.SIGKILL, 0.6))


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says of the server; `since` is in seconds since 1970.

    https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
    """

    pid: int
    since: int
    port: int
    status: str

    @classmethod
    def noted(cls, layout: Layout) -> "Postmaster | None":
        """The file's word; None when there is no file, or not a whole one."""
        try:
            lines = (layout.cluster / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
            status = lines[7].strip() if len(lines) > 7 else "starting"
            return cls(int(lines[0]), int(lines[2]), int(lines[3]), status)
        except (FileNotFoundError, ValueError, IndexError):
            return None

    @classmethod
    def running(cls, layout: Layout) -> "Postmaster | None":
        """The server of this cluster, if the process that the file names is really it."""
        noted = cls.noted(layout)
        return noted if noted and noted.pid > 0 and belongs(noted.pid, layout) else None


def belongs(pid: int, layout: Layout) -> bool:
    """Whether the process is PostgreSQL at work on this cluster, or on one that is being made for it."""
    try:
        process = psutil.Process(pid)
        if process.name() not in PROGRAMS or process.status() == psutil.STATUS_ZOMBIE:
            return False
        try:
            cwd = Path(process.cwd())
        except psutil.AccessDenied:
            # Root in a container may not look into other users' processes, but may read what they are called.
            return layout.mark in " ".join(process.cmdline())
        being_made = cwd.parent == layout.root and cwd.name.startswith("cluster.new-")
        return being_made or cwd.samefile(layout.cluster)
    except (psutil.Error, OSError):
        return False


def relics(layout: Layout) -> Iterator[int]:
    """Every process of this cluster: with no postmaster above them, what a killed one left behind."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] in PROGRAMS and belongs(process.pid, layout):
            yield process.pid


def gone(pid: int, layout: Layout, *, within: float) -> bool:
    """Whether the process ended within so many seconds."""
    deadline = time.monotonic() + within
    while belongs(pid, layout):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True


def stop(postmaster: Postmaster, layout: Layout) -> bool:
    """Shut the server down, in under 5 s; whether it is gone."""
    for number, seconds in PATIENCE:
        if belongs(postmaster.pid, layout):
            send(postmaster.pid, number)
        if gone(postmaster.pid, layout, within=seconds):
            return True
    return False


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def answers(port: int) -> bool:
    """Whether a Postgres on that port lets clients in: it replies within 1 s, and not with "starting up" (57P03).

    https://www.postgresql.org/docs/18/protocol-message-formats.html
    """
    startup = struct.pack("!I", 3 << 16) + b"user\0donebook\0database\0donebook\0\0"
    try:
        with socket.create_connection((ADDRESS, port), timeout=1) as connection:
            connection.sendall(struct.pack("!I", len(startup) + 4) + startup)
            reply = connection.recv(1024)
    except OSError:
        return False
    return reply[:1] == b"R" or (reply[:1] == b"E" and b"\0C57P" not in reply)


def forget(layout: Layout) -> None:
    """Remove a `postmaster.pid` that keeps Postgres from starting: cut short, or its PID is somebody else's by now.

    A whole one whose process is gone stays: Postgres makes use of it.
    """
    noted = Postmaster.noted(layout)
    if noted is None or psutil.pid_exists(abs(noted.pid)):
        (layout.cluster / "postmaster.pid").unlink(missing_ok=True)
