"""Bring Postgres from any state to running: adopt, replace, clean up after, create or start it."""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_postgres.account import Account
from local_postgres.cluster import check_version, create_cluster, fix_permissions, has_passwords, reset_passwords
from local_postgres.errors import LocalPostgresError
from local_postgres.layout import Layout
from local_postgres.locks import EXCLUSIVE, open_lock, try_lock
from local_postgres.postmaster import (
    Postmaster,
    accepts_connections,
    belongs_to_cluster,
    cluster_processes,
    remove_stale_pid_file,
    send_signal,
    stop,
)
from local_postgres.start import RECOVERY_TIMEOUT, LastStart, fingerprint, start

log = logging.getLogger("local_postgres")

# Seconds. The children of a killed postmaster end by themselves, or are killed after ORPHAN_GRACE.
ORPHAN_GRACE = 1.0
ORPHAN_TIMEOUT = 10.0
UNRESPONSIVE_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the files of Postgres are, which account runs it, and with which programs of which version."""

    layout: Layout
    account: Account
    programs: Path
    version: str


def ensure_running(
    installation: Installation, *, exclusive: bool, port: int | None, cancelled: Callable[[], bool]
) -> tuple[Postmaster, bool]:
    """Return the running server, and whether it was started here rather than adopted; the caller holds `start_lock`.

    A server that other processes use (not `exclusive`) is neither stopped nor moved from its port.
    """
    layout = installation.layout
    if layout.has_cluster:
        check_version(layout, installation.version)
    # Postgres inherits this lock: while any of its processes runs, even in another container where we cannot see it,
    # nobody starts a second Postgres on the same files.
    alive = open_lock(layout.alive_lock)
    try:
        began = time.monotonic()
        while True:
            if found := Postmaster.find(layout):
                if adopted := adopt(installation, found, exclusive=exclusive, cancelled=cancelled):
                    return adopted, False
                stop_unusable(found, layout, exclusive=exclusive)
            elif try_lock(alive, EXCLUSIVE) and not (was_interrupted(layout) and any(cluster_processes(layout))):
                break
            elif time.monotonic() > began + ORPHAN_GRACE:
                for pid in cluster_processes(layout):
                    send_signal(pid, signal.SIGKILL)
            if time.monotonic() > began + ORPHAN_TIMEOUT or cancelled():
                raise LocalPostgresError(
                    f"The cluster in {layout.cluster} is in use by a process that cannot be seen from here "
                    "(in another container or on another machine?) or cannot be stopped."
                )
            time.sleep(0.01)
        prepare_cluster(installation, inherit=alive)
        return start_and_record(installation, port=port, inherit=alive, cancelled=cancelled), True
    finally:
        os.close(alive)


def adopt(
    installation: Installation, found: Postmaster, *, exclusive: bool, cancelled: Callable[[], bool]
) -> Postmaster | None:
    """Wait until the server accepts clients and return it; return None when it should be replaced.

    With `exclusive`, a server of other programs or options than ours is replaced too.
    """
    last = LastStart.read(installation.layout)
    ours = fingerprint(installation.programs, installation.version)
    if exclusive and (last is None or (last.pid, last.since, last.build) != (found.pid, found.since, ours)):
        log.info("Postgres (PID %d) was started by other programs or with other options; starting it anew", found.pid)
        return None
    began = time.monotonic()
    while (server := Postmaster.find(installation.layout)) and server.pid == found.pid and not cancelled():
        if server.status == "ready" and accepts_connections(server.port, installation.layout.application):
            return server
        if exclusive and server.status == "stopping":
            return None
        if time.monotonic() > began + (RECOVERY_TIMEOUT if server.status == "starting" else UNRESPONSIVE_TIMEOUT):
            return None
        time.sleep(0.01)
    return None


def stop_unusable(found: Postmaster, layout: Layout, *, exclusive: bool) -> None:
    """Stop a server that does not accept clients or must be replaced, unless other processes use it."""
    if not belongs_to_cluster(found.pid, layout):
        return
    if not exclusive:
        raise LocalPostgresError(
            f"Postgres (PID {found.pid}) in {layout.data} does not answer, but others use it; stop them."
        )
    stop(found, layout)


def was_interrupted(layout: Layout) -> bool:
    """Whether the last server, or the creation of the cluster, was killed."""
    return (layout.cluster / "postmaster.pid").exists() or bool(layout.unfinished_clusters)


def prepare_cluster(installation: Installation, *, inherit: int) -> None:
    """Create or repair the cluster, on which nothing runs, so that the account can start it."""
    layout, account, programs = installation.layout, installation.account, installation.programs
    if not layout.has_cluster:
        create_cluster(layout, account, programs, inherit=inherit)
        return
    layout.remove_unfinished()
    fix_permissions(layout, account)
    remove_stale_pid_file(layout)
    if not has_passwords(layout):
        reset_passwords(layout, account, programs, inherit=inherit)


def start_and_record(
    installation: Installation, *, port: int | None, inherit: int, cancelled: Callable[[], bool]
) -> Postmaster:
    """Start the server, and record the start for later processes."""
    layout = installation.layout
    server = start(layout, installation.account, installation.programs, port=port, inherit=inherit, cancelled=cancelled)
    LastStart(server.port, server.pid, server.since, fingerprint(installation.programs, installation.version)).write(
        layout
    )
    return server
