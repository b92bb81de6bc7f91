"""Start Postgres on a cluster, and wait until it lets clients in."""

import contextlib
import json
import logging
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from donebook.db.embedded.account import Account
from donebook.db.embedded.cluster import DURABLE
from donebook.db.embedded.errors import EmbeddedError, complaint
from donebook.db.embedded.layout import Layout, own, write_private
from donebook.db.embedded.postmaster import ADDRESS, Postmaster, answers

log = logging.getLogger("donebook.postgres")

# Given on the command line, these cannot be changed by ALTER SYSTEM or a configuration file. Nothing in the log may
# show what somebody wrote, and error messages quote it: clients get theirs, the log has what happens to the server.
OPTIONS = (
    *DURABLE,
    *("-c", f"listen_addresses={ADDRESS}"),
    *("-c", "unix_socket_directories="),
    *("-c", "max_connections=100"),
    *("-c", "random_page_cost=1.1"),  # today's disks: an index that gives the right order beats a sort
    *("-c", "logging_collector=off"),
    *("-c", "log_destination=stderr"),
    *("-c", "log_min_messages=log"),
    *("-c", "log_min_error_statement=panic"),
    *("-c", "log_error_verbosity=terse"),
    *("-c", "log_parameter_max_length=0"),
    *("-c", "log_parameter_max_length_on_error=0"),
    *("-c", "log_statement=none"),
    *("-c", "log_min_duration_statement=-1"),
    *("-c", "log_checkpoints=off"),
)
LOG_LIMIT = 4 * 1024 * 1024
# Below the range from which Linux and macOS take the near ends of outgoing connections: a port from in there could be
# taken while Postgres restarts, even by a client that connects to itself.
PORTS = range(20_000, 32_000)
# Seconds for which a port that is taken, or memory that is still in use, is tried again.
INSISTENCE = 10.0
# After a crash Postgres first replays what it had promised; seconds that it may take.
RECOVERY = 300.0


@dataclass(frozen=True, slots=True)
class LastStart:
    """The last start that we know of; `build` tells programs and options apart."""

    port: int
    pid: int
    since: int
    build: str

    @classmethod
    def noted(cls, layout: Layout) -> "LastStart | None":
        """The note of it, if there is a whole one."""
        try:
            return cls(**json.loads(layout.last_start.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def note(self, layout: Layout) -> None:
        """Keep it; without it, for want of disk space, the next start takes another port or starts Postgres anew."""
        with contextlib.suppress(OSError):
            write_private(layout.last_start, json.dumps(asdict(self)).encode(), sync=False)


def build(programs: Path, version: str) -> str:
    """What tells these programs, and the options they are started with, from others."""
    binary = programs / "bin/postgres"
    facts = (version, str(binary), binary.stat().st_size, binary.stat().st_mtime_ns, OPTIONS)
    return sha256(repr(facts).encode()).hexdigest()[:16]


def start(
    layout: Layout,
    account: Account,
    programs: Path,
    *,
    port: int | None,
    holding: int,
    cancelled: Callable[[], bool],
) -> Postmaster:
    """Postgres, running and letting clients in: on that port, whatever it takes, or on one of its own choice.

    `holding` is a lock that Postgres and all its processes keep as long as they live.
    """
    deadline = time.monotonic() + INSISTENCE
    while True:
        chosen = port or choose_port(LastStart.noted(layout))
        with open_log(layout) as output:
            before = output.tell()
            process = account.spawn(
                [
                    *(programs / "bin/postgres", "-D", layout.cluster, *OPTIONS),
                    *("-c", f"cluster_name={layout.mark}", "-c", f"port={chosen}"),
                ],
                output=output.fileno(),
                holding=holding,
            )
        try:
            found = wait(process, layout, before, cancelled)
        except BaseException:
            end(process)
            raise
        if found:
            threading.Thread(target=process.wait, name="donebook-postgres-end", daemon=True).start()
            return found
        said = since(layout, before)
        transient = "could not create any TCP/IP sockets" in said or "pre-existing shared memory block" in said
        if not transient or time.monotonic() >= deadline:
            break
        time.sleep(0.2)
    if port and "TCP/IP" in said:
        raise EmbeddedError(
            f"Postgres cannot restart: its port {port}, in use by others, was taken by another program."
        )
    why = complaint(said, process.returncode)
    raise EmbeddedError(f"Postgres cannot start in {layout.data}: {why} (see {layout.log}).")


def wait(
    process: subprocess.Popen[bytes], layout: Layout, before: int, cancelled: Callable[[], bool]
) -> Postmaster | None:
    """The server once it lets clients in, or None when it ended instead."""
    began = looked = time.monotonic()
    while process.poll() is None:
        noted = Postmaster.noted(layout)
        if noted and noted.pid == process.pid and noted.status == "ready" and answers(noted.port):
            return noted
        now = time.monotonic()
        if now > began + RECOVERY:
            raise EmbeddedError(f"Postgres did not get ready within {RECOVERY:.0f} s (see {layout.log}).")
        if cancelled():
            raise EmbeddedError("Postgres was asked to stop while it started.")
        if now > looked + 1:
            if looked == began:
                log.info("Postgres is still starting; after a crash this may take minutes")
            looked = now
            if "reinitializing" in since(layout, before):  # on a full disk it would crash and try again for ever
                end(process)
        time.sleep(0.005)
    return None


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server that is only starting, within 2 s."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(1.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def choose_port(last: LastStart | None) -> int:
    """A free port: that of the last start, if it is free."""
    for port in (*([last.port] if last else []), *random.sample(PORTS, 100)):
        if free(port):
            return port
    raise EmbeddedError(f"No free port was found on {ADDRESS} between {PORTS.start} and {PORTS.stop}.")


def free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def open_log(layout: Layout) -> BinaryIO:
    """The log, to be written at its end; a long one is put aside first."""
    trim(layout)
    fd = os.open(layout.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    own(fd, layout.root)
    return os.fdopen(fd, "ab")


def since(layout: Layout, before: int) -> str:
    """What the log says from that byte on."""
    with layout.log.open("rb") as file:
        file.seek(before)
        return file.read().decode("utf-8", "replace")


def trim(layout: Layout) -> None:
    """Empty a log that is over the limit, after putting aside what it says in place of what was put aside before.

    It is cut, not renamed, because a running Postgres has it open.
    """
    with contextlib.suppress(FileNotFoundError):
        if layout.log.stat().st_size > LOG_LIMIT:
            with contextlib.suppress(OSError):
                write_private(layout.log.with_name("postgres.log.1"), layout.log.read_bytes(), sync=False)
            os.truncate(layout.log, 0)
