"""A contestant at work: one process or several, each on a port of its own."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.contestant import ROOT, Contestant
from bench.http import Client
from bench.install import install

NO_SETTINGS: Mapping[str, str] = {}
PATIENCE = 60.0  # s until the first answer
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Serving:
    """Servers that answer."""

    def __init__(self, processes: list[subprocess.Popen[bytes]], ports: list[int], seconds: float) -> None:
        self.processes = processes
        self.ports = ports
        self.started_in = seconds

    def memory(self, *, peak: bool = True) -> float:
        """How much memory each of them takes, or has ever taken, in MB (2**20 bytes); their mean."""
        return sum(megabytes(process.pid, peak=peak) for process in self.processes) / len(self.processes)


@contextmanager
def serving(
    contestant: Contestant, url: str, folder: Path, *, processes: int = 1, settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Serving]:
    """Contestants on a database, with more settings in their environment; their output goes to a file in the folder.

    At the end they are stopped.

    Raises:
        SystemExit: when one does not answer within a minute.
    """
    where = install(contestant)
    running: list[subprocess.Popen[bytes]] = []
    ports = [free_port() for _ in range(processes)]
    try:
        began = time.monotonic()
        with (folder / f"{contestant.slug}.log").open("ab") as output:
            for port in ports:
                command = [word.replace("{port}", str(port)) for word in contestant.command]
                home = folder if contestant.donebook else where
                environ = environment(url, port) | dict(settings)
                running.append(subprocess.Popen(command, cwd=home, env=environ, stdout=output, stderr=output))
        for process, port in zip(running, ports, strict=True):
            wait(contestant, process, port, folder)
        yield Serving(running, ports, time.monotonic() - began)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def environment(url: str, port: int) -> dict[str, str]:
    """This process's environment, with no setting of Donebook's but these."""
    names = re.findall(r"^#?\s?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {"DATABASE_URL": url, "PORT": str(port), "NODE_ENV": "production"}


def wait(contestant: Contestant, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait for the first task that it gives."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            with Client("127.0.0.1", port) as http:
                if http.request("GET", contestant.first)[0] == 200:
                    return
        except OSError:
            time.sleep(0.005)
    said = (folder / f"{contestant.slug}.log").read_text()[-2000:]
    raise SystemExit(f"{contestant.name} does not answer:\n{said}")


def megabytes(pid: int, *, peak: bool) -> float:
    """How much memory a process and those that it has started take, or have ever taken, in MB (2**20 bytes)."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    if peak and Path(f"/proc/{pid}/status").exists():
        peaks = [PEAK.search(Path(f"/proc/{one.pid}/status").read_text()) for one in family]
        return sum(int(found[1]) for found in peaks if found) / 1024
    return sum(one.memory_info().rss for one in family) / 2**20


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
