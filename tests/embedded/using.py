"""What the tests of the local Postgres do again and again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
import psutil

from donebook.db.local import APPLICATION
from local_postgres.layout import Layout
from local_postgres.postmaster import Postmaster, cluster_processes

USER = Path(__file__).with_name("user.py")
LINUX = sys.platform == "linux"
ROOT = os.geteuid() == 0


class User:
    """A process that uses the Postgres of a data directory; `answer` is what it got, or `{"error": …}`."""

    def __init__(self, data: Path, role: str = "serve", *more: str, prefix: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-W", "error", str(USER), role, str(data), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._answer: dict[str, Any] | None = None

    @property
    def answer(self) -> dict[str, Any]:
        """What it said first; waits for it."""
        if self._answer is None:
            assert self.process.stdout
            assert self.process.stderr
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self._answer = json.loads(line)
        return self._answer

    @property
    def url(self) -> str:
        """Where to connect."""
        return str(self.answer["url"])

    @property
    def postgres(self) -> int:
        """The PID of the server that it got."""
        return int(self.answer["pid"])

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self.process.kill()
        self.process.communicate()

    def release(self) -> str:
        """Let it release and end; what it wrote to its standard error."""
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        assert self._answer is None or "error" in self._answer or json.loads(out) == {"released": True}, err
        assert "Traceback" not in err
        return err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                with suppress(OSError):
                    stream.close()


def sql(url: str, *statements: str) -> Any:
    """The value that the last of the statements gives."""

    async def run() -> Any:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def as_superuser(data: Path, url: str) -> str:
    """The same server, as `postgres`."""
    password = (data / "postgres/postgres.password").read_text()
    return f"postgresql://postgres:{password}@{url.partition('@')[2].replace('/donebook', '/postgres')}"


def running(data: Path) -> int | None:
    """The PID of the data directory's server, if it runs."""
    found = Postmaster.find(Layout(data, APPLICATION))
    return found.pid if found else None


def until(happens: Callable[[], Any], seconds: float = 30) -> Any:
    """What `happens` gives once it gives something true."""
    deadline = time.monotonic() + seconds
    while not (answer := happens()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return answer


def answering(url: str) -> bool:
    """Whether a client gets in."""
    try:
        return bool(sql(url, "SELECT 1") == 1)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def kill(pid: int) -> None:
    """SIGKILL, and wait until the process is gone."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.kill()
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


@contextmanager
def swept(data: Path) -> Iterator[Path]:
    """A data directory whose Postgres does not outlive the test."""
    try:
        yield data
    finally:
        layout = Layout(data, APPLICATION)
        deadline = time.monotonic() + 10
        while (left := list(cluster_processes(layout))) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
