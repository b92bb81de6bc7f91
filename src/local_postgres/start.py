"""Start Postgres on a cluster, and wait until it accepts clients."""

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

from local_postgres.account import Account
from local_postgres.cluster import DURABILITY_OPTIONS
from local_postgres.errors import LocalPostgresError, failure_reason
from local_postgres.layout import Layout, match_owner, write_private
from local_postgres.postmaster import ADDRESS, Postmaster, accepts_connections

log = logging.getLogger("local_postgres")

# Given on the command line, these cannot be changed by ALTER SYSTEM or a configuration file. The log must
# not contain users' data, which error messages quote: errors go to clients only, the log has the server's own events.
OPTIONS = (
    *DURABILITY_OPTIONS,
    *("-c", f"listen_addresses={ADDRESS}"),
    *("-c", "unix_socket_directories="),
    *("-c", "max_connections=100"),
    *("-c", "random_page_cost=1.1"),  # for SSDs: an index in the right order is faster than a sort
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
# Below the range of ephemeral ports of Linux and macOS: an outgoing connection could take a port of that range while
# Postgres restarts, even a client that connects to itself.
PORTS = range(20_000, 32_000)
# Seconds for which the start is repeated while the port is taken or shared memory still in use.
START_RETRY = 10.0
# Seconds that Postgres may take to replay its write-ahead log after a crash.
RECOVERY_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class LastStart:
    """The last recorded start; `build` is the fingerprint of its programs and options."""

    port: int
    pid: int
    since: int
    build: str

    @classmethod
    def read(cls, layout: Layout) -> "LastStart | None":
        """Read the record; return None when it is missing or incomplete."""
        try:
            return cls(**json.loads(layout.last_start.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, layout: Layout) -> None:
        """Write the record. Without it (a full disk), the next start may take another port or restart Postgres."""
        with contextlib.suppress(OSError):
            write_private(layout.last_start, json.dumps(asdict(self)).encode(), sync=False)


def fingerprint(programs: Path, version: str) -> str:
    """Return a hash of the programs and the options that they are started with."""
    binary = programs / "bin/postgres"
    facts = (version, str(binary), binary.stat().st_size, binary.stat().st_mtime_ns, OPTIONS)
    return sha256(repr(facts).encode()).hexdigest()[:16]


def start(
    layout: Layout,
    account: Account,
    programs: Path,
    *,
    port: int | None,
    inherit: int,
    cancelled: Callable[[], bool],
) -> Postmaster:
    """Start Postgres on the given port, or else on a free one, and return it once it accepts clients.

    `inherit` is a lock that Postgres and all its processes hold as long as they run.
    """
    deadline = time.monotonic() + START_RETRY
    while True:
        chosen = port or choose_port(LastStart.read(layout))
        with open_log(layout) as output:
            before = output.tell()
            process = account.spawn(
                [
                    *(programs / "bin/postgres", "-D", layout.cluster, *OPTIONS),
                    *("-c", f"cluster_name={layout.cluster_name}", "-c", f"port={chosen}"),
                ],
                output=output.fileno(),
                inherit=inherit,
            )
        try:
            found = wait_until_ready(process, layout, before, cancelled)
        except BaseException:
            abort(process)
            raise
        if found:
            threading.Thread(target=process.wait, name="local-postgres-end", daemon=True).start()
            return found
        said = log_since(layout, before)
        transient = "could not create any TCP/IP sockets" in said or "pre-existing shared memory block" in said
        if not transient or time.monotonic() >= deadline:
            break
        time.sleep(0.2)
    if port and "TCP/IP" in said:
        raise LocalPostgresError(
            f"Postgres cannot restart: its port {port}, in use by others, was taken by another program."
        )
    why = failure_reason(said, process.returncode)
    raise LocalPostgresError(f"Postgres cannot start in {layout.data}: {why} (see {layout.log}).")


def wait_until_ready(
    process: subprocess.Popen[bytes], layout: Layout, before: int, cancelled: Callable[[], bool]
) -> Postmaster | None:
    """Wait until the server accepts clients and return it, or None when it ended."""
    began = looked = time.monotonic()
    while process.poll() is None:
        server = Postmaster.read(layout)
        if (
            server
            and server.pid == process.pid
            and server.status == "ready"
            and accepts_connections(server.port, layout.application)
        ):
            return server
        now = time.monotonic()
        if now > began + RECOVERY_TIMEOUT:
            raise LocalPostgresError(f"Postgres did not get ready within {RECOVERY_TIMEOUT:.0f} s (see {layout.log}).")
        if cancelled():
            raise LocalPostgresError("Postgres was asked to stop while it started.")
        if now > looked + 1:
            if looked == began:
                log.info("Postgres is still starting; after a crash this may take minutes")
            looked = now
            if "reinitializing" in log_since(layout, before):  # on a full disk it would crash and restart for ever
                abort(process)
        time.sleep(0.005)
    return None


def abort(process: subprocess.Popen[bytes]) -> None:
    """Stop a server that is still starting, within 2 s."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(1.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def choose_port(last: LastStart | None) -> int:
    """Return a free port, preferably that of the last start."""
    for port in (*([last.port] if last else []), *random.sample(PORTS, 100)):
        if is_free(port):
            return port
    raise LocalPostgresError(f"No free port was found on {ADDRESS} between {PORTS.start} and {PORTS.stop}.")


def is_free(port: int) -> bool:
    """Whether nothing listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def open_log(layout: Layout) -> BinaryIO:
    """Open the log for appending; a long one is truncated first."""
    truncate_log(layout)
    fd = os.open(layout.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    match_owner(fd, layout.root)
    return os.fdopen(fd, "ab")


def log_since(layout: Layout, before: int) -> str:
    """Return the log from that byte on."""
    with layout.log.open("rb") as file:
        file.seek(before)
        return file.read().decode("utf-8", "replace")


def truncate_log(layout: Layout) -> None:
    """Truncate a log that is over the limit, after copying it to `postgres.log.1`.

    It is truncated rather than renamed because a running Postgres has it open.
    """
    with contextlib.suppress(FileNotFoundError):
        if layout.log.stat().st_size > LOG_LIMIT:
            with contextlib.suppress(OSError):
                write_private(layout.log.with_name("postgres.log.1"), layout.log.read_bytes(), sync=False)
            os.truncate(layout.log, 0)
