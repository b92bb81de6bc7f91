"""A PostgreSQL of the tests' own, to be killed, stopped, frozen and started again."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import psutil

from tests.outages.made import Made
from tests.waiting import until, wait_until

NOWHERE = ["-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]


class Cluster:
    """A PostgreSQL without what looks after it: it stays as it is left. It is not running yet."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.data = made.data
        self.url = made.url("donebook")
        self.admin_url = made.url("postgres")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it, and do not wait until it accepts connections."""
        made = self.made
        with made.log.open("ab") as output:
            self.process = made.account.spawn(
                [made.programs / "postgres", "-D", made.data, *NOWHERE, f"--port={made.port}", *options],
                output=output.fileno(),
            )

    async def ready(self) -> None:
        """Wait until it accepts connections, starting it again when it could not be for relics of its last life."""

        async def accepts() -> bool:
            if self.process is None or self.process.poll() is not None:
                self.start()
            with suppress(OSError, asyncpg.PostgresError):
                await (await asyncpg.connect(self.admin_url, timeout=1)).close()
                return True
            return False

        await until(accepts)

    def stop(self, how: signal.Signals) -> None:
        """End it: smart (SIGTERM), fast (SIGINT), immediate (SIGQUIT), or without asking (SIGKILL); do not wait."""
        assert self.process is not None
        self.process.send_signal(how)

    def promote(self) -> None:
        """Turn a standby into a server of its own."""
        code, output = self.made.account.run([self.made.programs / "pg_ctl", "-D", self.data, "promote"])
        assert code == 0, output

    def gone(self) -> None:
        """Wait until none of its processes is left."""
        assert self.process is not None
        self.process.wait()
        wait_until(lambda: not self._processes())

    def freeze(self) -> None:
        """Stop all its processes in what they are doing, until they are thawed."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    async def admin(self, statement: str) -> list[asyncpg.Record]:
        """What a statement gives the superuser."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    def _processes(self) -> list[psutil.Process]:
        """The leader first, so that a frozen one starts no others."""
        here = str(self.data)
        found = []
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.name() == "postgres" and process.cwd() == here:
                    found.append(process)
        leader = self.process and self.process.pid
        return sorted(found, key=lambda process: process.pid != leader)


@asynccontextmanager
async def running(cluster: Cluster) -> AsyncIterator[None]:
    """The cluster from when it accepts connections to when it is gone."""
    cluster.start()
    try:
        await cluster.ready()
        yield
    finally:
        cluster.thaw()
        cluster.stop(signal.SIGQUIT)
        await asyncio.to_thread(cluster.gone)
