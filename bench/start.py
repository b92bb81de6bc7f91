"""How long a start takes until the first request is answered: `python -m bench.start`, on data of its own."""

import argparse
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.http import Client

DONEBOOK = Path(__file__).parents[1] / ".venv" / "bin" / "donebook"


def start(data: Path, port: int) -> tuple[subprocess.Popen[bytes], float]:
    """The server, and the seconds from its start to the first list of tasks."""
    settings = os.environ | {"DATA_DIR": str(data), "PORT": str(port), "LOG_LEVEL": "error"}
    settings.pop("DATABASE_URL", None)
    began = time.monotonic()
    process = subprocess.Popen([DONEBOOK, "serve"], env=settings, cwd=data.parent, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with Client("127.0.0.1", port) as http:
                if http.request("GET", "/tasks")[0] == 200:
                    return process, time.monotonic() - began
        except OSError:
            time.sleep(0.005)
    raise SystemExit("the server ended")


def stop(process: subprocess.Popen[bytes], _: Path) -> None:
    """Ask it to stop."""
    process.terminate()
    process.wait()


def kill(process: subprocess.Popen[bytes], _: Path) -> None:
    """End the server; Postgres goes on."""
    process.kill()
    process.wait()


def kill_both(process: subprocess.Popen[bytes], data: Path) -> None:
    """End the server and Postgres without asking, in the middle of writing."""
    with Client("127.0.0.1", PORT) as http:
        for _ in range(500):
            http.request("POST", "/tasks", b'{"title": "x"}')
    kill(process, data)
    leader = (data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0]
    os.kill(int(leader), signal.SIGKILL)


ENDS: dict[str, Callable[[subprocess.Popen[bytes], Path], None]] = {
    "after a stop": stop,
    "after kill -9 of the server": kill,
    "after kill -9 of server and Postgres": kill_both,
}


def main() -> None:
    """Start it again and again, after each kind of end."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="donebook-bench-") as folder:
        data = Path(folder) / "data"
        process, first = start(data, PORT)
        print(f"{'the very first':40} {first:5.2f} s")
        for name, end in ENDS.items():
            took = []
            for _ in range(times):
                end(process, data)
                process, seconds = start(data, PORT)
                took.append(seconds)
            print(f"{name:40} {median(took):5.2f} s   (of {times}: {min(took):.2f} to {max(took):.2f})", flush=True)
        stop(process, data)


with socket.create_server(("127.0.0.1", 0)) as _probe:
    PORT = _probe.getsockname()[1]

if __name__ == "__main__":
    main()
