"""A million tasks, a hundred thousand of them in one workspace: how long all that reads takes there, over HTTP.

`make scale` runs it on a PostgreSQL of its own, in a quarter of an hour. It ends with a verdict, and with an error when
the 99th percentile of anything is more than twice that in a workspace of a thousand tasks, or a search's more than
150 ms. What was over its limit is measured again: a machine that does something else as well is no fault of ours. It
takes four gigabytes where temporary files are.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode, urlsplit

import asyncpg
from msgspec import Struct

from donebook.db import migrations
from donebook.db.local import acquire
from tests.database.clusters import database
from tests.scale.queries import Read, reads, searches
from tests.scale.served import Served
from tests.scale.tasks import fill

TIMES, WARM = 100, 8  # from the sixth execution on a plan may be kept for all values
ATTEMPTS = 3
SLOWER, SEARCH = 2.0, 150.0  # times; ms


class Taken(Struct):
    """How long something took, in ms: of a hundred requests."""

    times: list[float]

    @property
    def median(self) -> float:
        """The time that half of them took."""
        return sorted(self.times)[TIMES // 2]

    @property
    def p99(self) -> float:
        """The time that all but one of them took."""
        return sorted(self.times)[TIMES * 99 // 100 - 1]


class Client:
    """One connection to a server, kept open."""

    def __init__(self, server: Served) -> None:
        address = urlsplit(server.url)
        self.connection = HTTPConnection(str(address.hostname), address.port)

    def get(self, path: str) -> float:
        """How long a request takes, in ms."""
        begun = perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        taken = 1000 * (perf_counter() - begun)
        assert answer.status == 200, (path, answer.status, body)
        return taken


def together(*requests: tuple[Client, str]) -> list[Taken]:
    """How long requests take that are sent in turn, so that whatever else the machine does hurts them alike."""
    taken = [Taken([]) for _ in requests]
    for turn in range(WARM + TIMES):
        for (client, path), found in zip(requests, taken, strict=True):
            time = client.get(path)
            if turn >= WARM:
                found.times.append(time)
    return taken


def compare(small: Client, large: Client, read: Read) -> bool:
    """Print how a read fares in both workspaces; whether it is within its limit there."""
    attempt, fine = 0, False
    while not fine and attempt < ATTEMPTS:
        attempt += 1
        few, many = together((small, path(read.small)), (large, path(read.large)))
        fine = many.p99 <= SLOWER * few.p99
    tell(read.name, few, many, f"{many.p99 / few.p99:5.2f} x", fine=fine, attempt=attempt)
    return fine


def search(large: Client, read: Read) -> bool:
    """Print how long a search takes; whether it is within its limit."""
    attempt, fine = 0, False
    while not fine and attempt < ATTEMPTS:
        attempt += 1
        [many] = together((large, path(read.large)))
        fine = many.p99 <= SEARCH
    tell(read.name, None, many, f"{many.p99:5.0f} ms", fine=fine, attempt=attempt)
    return fine


def path(read: tuple[str, dict[str, str]]) -> str:
    """What to ask for."""
    where, query = read
    return f"{where}?{urlencode(query)}" if query else where


def tell(what: str, few: Taken | None, many: Taken, amount: str, *, fine: bool, attempt: int) -> None:
    """Print a line of the table."""
    before = f"{few.median:6.1f} {few.p99:6.1f}" if few else " " * 13
    again = f" (attempt {attempt})" if attempt > 1 else ""
    print(
        f"{'ok  ' if fine else 'SLOW'} {what:64} {before} | {many.median:6.1f} {many.p99:6.1f} | {amount}{again}",
        flush=True,
    )


def verdict(slow: Iterable[str], of: int) -> int:
    """Print what came of it; the exit code."""
    found = list(slow)
    print(f"\n{of - len(found)} of {of} are within their limits", *(f"  over: {name}" for name in found), sep="\n")
    return 1 if found else 0


async def prepare(url: str) -> tuple[list[Read], list[Read], tuple[str, str]]:
    """Fill the database; what to read there, what to search for, and the two workspaces."""
    await asyncio.to_thread(migrations.upgrade, database(url))
    connection = await asyncpg.connect(url)
    large, small = await fill(connection)
    found = await reads(connection, small, large), await searches(connection, large), (str(small), str(large))
    await connection.close()
    return found


def main(url: str, folder: Path) -> int:
    """Fill, time and tell; the exit code."""
    lists, found, workspaces = asyncio.run(prepare(url))
    slow = []
    with (
        Served(folder / "small", workspaces[0], DATABASE_URL=url) as few,
        Served(folder / "large", workspaces[1], DATABASE_URL=url) as many,
    ):
        small, large = Client(few), Client(many)
        print(f"{'':69} {'1,000 tasks':>13} | {'100,000':>13} |\n{'':69} median    p99 | median    p99 |  p99")
        slow += [read.name for read in lists if not compare(small, large, read)]
        slow += [read.name for read in found if not search(large, read)]
    return verdict(slow, len(lists) + len(found))


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="donebook-scale-") as temporary,
        acquire(Path(temporary), serving=False) as postgres,
    ):
        sys.exit(main(postgres.url, Path(temporary)))
