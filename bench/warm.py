"""Requests before those that are measured, each answered: load that is cut off leaves connections to mend."""

from collections.abc import Iterator
from itertools import count
from threading import Thread

from bench.contestant import Request
from bench.data import NOUNS
from bench.http import Client


def warm(ports: list[int], request: Request, ids: tuple[int, int], *, connections: int, times: int) -> None:
    """Have every connection ask a few times.

    Raises:
        SystemExit: when anything but what was asked for is answered.
    """
    numbers, refused = count(), list[str]()

    def client(port: int) -> None:
        with Client("127.0.0.1", port) as http:
            for method, path, body in filled(request, ids, numbers, times):
                status, answer = http.request(method, path, body)
                if not 200 <= status < 300:
                    refused.append(f"{method} {path}: {status} {answer[:200]!r}")
                    return

    threads = [Thread(target=client, args=(ports[number % len(ports)],)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise SystemExit(refused[0])


def filled(
    request: Request, ids: tuple[int, int], numbers: Iterator[int], times: int
) -> Iterator[tuple[str, str, bytes]]:
    """So many requests, as wrk.lua would send them: method, path and body."""
    first, last = ids
    for _ in range(times):
        number = next(numbers)
        values = {
            "{id}": f"00000000-0000-7000-8000-{first + number % (last - first + 1):012x}",
            "{n}": str(number),
            "{word}": NOUNS[number % len(NOUNS)],
        }
        path, body = request.path, request.body
        for name, value in values.items():
            path, body = path.replace(name, value), body.replace(name, value)
        yield request.method, path, body.encode()
