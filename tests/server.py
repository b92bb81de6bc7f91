"""A real Donebook in a process of its own, to talk to, to stop and to kill."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import httpx

ROOT = Path(__file__).parents[1]
DONEBOOK = ROOT / ".venv" / "bin" / "donebook"
PATIENCE = 60.0  # s: how long a slow machine may take to start it; a start that fails ends the wait at once


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with Donebook's settings replaced: only those given here are set."""
    names = re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return inherited | {name: str(value) for name, value in settings.items()}


class Server:
    """`donebook serve` with the given settings. As a context it is started and, at the end, stopped."""

    command: list[Path | str] = [sys.executable, "-P", ROOT / "tests" / "watchdog.py", "serve"]
    watched: ClassVar[set[Path]] = set()
    """Where the watchdogs of all servers write what they see."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.port = int(str(settings.setdefault("PORT", free_port())))
        self.url = f"http://127.0.0.1:{self.port}"
        self.directory = directory
        self.environment = environment(**settings)
        self.output = directory / "server.log"
        self.seen = directory / f"watchdog.{self.port}"
        self.environment["WATCHDOG"] = str(self.seen)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self.watched.add(self.seen)
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/health/live", timeout=5)
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return self
        self.kill()
        raise AssertionError(f"donebook serve did not start:\n{self.log()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE)

    def kill(self) -> None:
        """End it without asking."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @classmethod
    def stood_still(cls) -> str:
        """What the watchdogs of all servers have seen since this was asked last: when an event loop stood still."""
        seen = [(path, path.read_text()) for path in cls.watched if path.exists()]
        for path, _ in seen:
            path.unlink()
        return "".join(text for _, text in seen)

    def log(self) -> str:
        """What it has printed so far."""
        return self.output.read_text() if self.output.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self.kill()
