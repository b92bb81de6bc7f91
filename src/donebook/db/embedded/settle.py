"""Bring Postgres from whatever state it is in to running: adopt, replace, clear up after, create, start it."""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from donebook.db.embedded.account import Account
from donebook.db.embedded.cluster import check_version, create, make_fit, passwords_known, renew_passwords
from donebook.db.embedded.errors import EmbeddedError
from donebook.db.embedded.layout import Layout
from donebook.db.embedded.locks import ALONE, locked, open_lock
from donebook.db.embedded.postmaster import Postmaster, answers, belongs, forget, relics, send, stop
from donebook.db.embedded.start import RECOVERY, LastStart, build, start

log = logging.getLogger("donebook.postgres")

# Seconds. What a killed postmaster leaves behind ends by itself, or is killed after GRACE.
GRACE = 1.0
SETTLING = 10.0
DEAF = 5.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What Postgres stands on: where its files are, who runs it, with which programs of which version."""

    layout: Layout
    account: Account
    programs: Path
    version: str


def settle(ground: Ground, *, alone: bool, port: int | None, cancelled: Callable[[], bool]) -> tuple[Postmaster, bool]:
    """The running server, and whether it was started here rather than adopted; the caller holds the lock `starting`.

    A server that others use (not `alone`) is neither stopped nor moved from its port.
    """
    layout = ground.layout
    if layout.finished:
        check_version(layout, ground.version)
    # Postgres inherits this one lock: as long as any process of it lives, even one that cannot be seen from here
    # because it is in another container, nobody starts a second Postgres on the same files.
    alive = open_lock(layout.alive)
    try:
        began = time.monotonic()
        while True:
            if found := Postmaster.running(layout):
                if adopted := adopt(ground, found, alone=alone, cancelled=cancelled):
                    return adopted, False
                dismiss(found, layout, alone=alone)
            elif locked(alive, ALONE) and not (unclean(layout) and any(relics(layout))):
                break
            elif time.monotonic() > began + GRACE:
                for pid in relics(layout):
                    send(pid, signal.SIGKILL)
            if time.monotonic() > began + SETTLING or cancelled():
                raise EmbeddedError(
                    f"The cluster in {layout.cluster} is in use by a process that cannot be seen from here "
                    "(in another container or on another machine?) or cannot be stopped."
                )
            time.sleep(0.01)
        prepare(ground, holding=alive)
        return launch(ground, port=port, holding=alive, cancelled=cancelled), True
    finally:
        os.close(alive)


def adopt(ground: Ground, found: Postmaster, *, alone: bool, cancelled: Callable[[], bool]) -> Postmaster | None:
    """The server, once it lets clients in; None when it does not, or is not what we would start and we are alone."""
    last = LastStart.noted(ground.layout)
    ours = build(ground.programs, ground.version)
    if alone and (last is None or (last.pid, last.since, last.build) != (found.pid, found.since, ours)):
        log.info("Postgres (PID %d) was started by other programs or with other options; starting it anew", found.pid)
        return None
    began = time.monotonic()
    while (noted := Postmaster.running(ground.layout)) and noted.pid == found.pid and not cancelled():
        if noted.status == "ready" and answers(noted.port):
            return noted
        if alone and noted.status == "stopping":
            return None
        if time.monotonic() > began + (RECOVERY if noted.status == "starting" else DEAF):
            return None
        time.sleep(0.01)
    return None


def dismiss(found: Postmaster, layout: Layout, *, alone: bool) -> None:
    """Stop a server that is no use, unless others use it."""
    if not belongs(found.pid, layout):
        return
    if not alone:
        raise EmbeddedError(
            f"Postgres (PID {found.pid}) in {layout.data} does not answer, but others use it; stop them."
        )
    stop(found, layout)


def unclean(layout: Layout) -> bool:
    """Whether the last server did not get to tidy up."""
    return (layout.cluster / "postmaster.pid").exists() or bool(layout.unfinished)


def prepare(ground: Ground, *, holding: int) -> None:
    """Make the cluster ready to be started by the account; nothing runs on it."""
    layout, account, programs = ground.layout, ground.account, ground.programs
    if not layout.finished:
        create(layout, account, programs, holding=holding)
        return
    layout.sweep()
    make_fit(layout, account)
    forget(layout)
    if not passwords_known(layout):
        renew_passwords(layout, account, programs, holding=holding)


def launch(ground: Ground, *, port: int | None, holding: int, cancelled: Callable[[], bool]) -> Postmaster:
    """The server, started, and noted for the next to come."""
    layout = ground.layout
    server = start(layout, ground.account, ground.programs, port=port, holding=holding, cancelled=cancelled)
    LastStart(server.port, server.pid, server.since, build(ground.programs, ground.version)).note(layout)
    return server
