"""Load by wrk: so many connections, each sending its next request when the last one is answered."""

import shutil
import subprocess
from pathlib import Path

import msgspec

from bench.contestant import Request
from bench.data import NOUNS

SCRIPT = Path(__file__).with_suffix(".lua")


class Measured(msgspec.Struct, frozen=True):
    """What a run showed; p50 and p99 in ms. `refused` are answers of 400 and above, `broken` requests have none."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def program() -> str:
    """Where wrk is.

    Raises:
        SystemExit: when it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("make bench needs wrk: apt install wrk")
    return found


def load(ports: list[int], request: Request, ids: tuple[int, int], *, connections: int, seconds: float) -> Measured:
    """The load of one operation on one server, or on several at once, with a share of the connections each.

    Raises:
        SystemExit: when anything but what was asked for is answered.
    """
    share = connections // len(ports)
    parts = split(ids, len(ports)) if request.once else [ids] * len(ports)
    commands = [command(port, request, part, share, seconds) for port, part in zip(ports, parts, strict=True)]
    runs = [subprocess.Popen(each, stdout=subprocess.PIPE) for each in commands]
    shares = [msgspec.json.decode(run.communicate()[0].splitlines()[-1], type=Measured) for run in runs]
    whole = Measured(
        requests=sum(one.requests for one in shares),
        seconds=max(one.seconds for one in shares),
        p50=sum(one.p50 * one.requests for one in shares) / max(sum(one.requests for one in shares), 1),
        p99=max(one.p99 for one in shares),
        refused=sum(one.refused for one in shares),
        broken=sum(one.broken for one in shares),
    )
    if whole.refused or whole.broken or not whole.requests:
        raise SystemExit(f"{request.method} {request.path}: {whole}")
    return whole


def split(ids: tuple[int, int], parts: int) -> list[tuple[int, int]]:
    """As many ranges that together are that one."""
    size = (ids[1] - ids[0] + 1) // parts
    return [(ids[0] + number * size, ids[0] + (number + 1) * size - 1) for number in range(parts)]


def command(port: int, request: Request, ids: tuple[int, int], connections: int, seconds: float) -> list[str]:
    """Wrk's command line, on one thread: it is not what is measured."""
    return [
        *(program(), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout=30s"),
        *(f"--script={SCRIPT}", f"http://127.0.0.1:{port}", "--"),
        *(request.method, request.path, request.body, ",".join(NOUNS)),
        *(str(ids[0]), str(ids[1]), "once" if request.once else "again"),
    ]
