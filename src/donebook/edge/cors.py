"""Which web pages may call: those on an allowed origin, and the server's own (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from collections.abc import Mapping

from donebook.settings import Settings

EXPOSED = "ETag, Idempotency-Replayed, Link, Retry-After, X-Request-ID"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
MAX_AGE = "600"  # s

OWN_SITES = (b"same-origin", b"none")
"""What `Sec-Fetch-Site` says of requests that no other page has made; `none` is a person who typed the address."""
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@]+)", re.ASCII)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}

type HeaderList = list[tuple[bytes, bytes]]
type Given = Mapping[bytes, bytes]


class CORS:
    """The CORS headers of an answer. A page on any other origin gets none, and its browser keeps the answer from it."""

    def __init__(self, settings: Settings) -> None:
        own = ("localhost", "127.0.0.1", "[::1]") if settings.loopback else ()
        self.allowed = set(settings.allowed_origins) | {f"http://{name}:{settings.port}" for name in own}

    def headers(self, scheme: str, given: Given) -> HeaderList:
        """What an answer carries; empty for a page that may not read it."""
        if b"origin" not in given:
            return []
        origin = given[b"origin"].decode("latin-1")
        if not (origin in self.allowed or origin == f"{scheme}://{given.get(b'host', b'').decode('latin-1')}"):
            return []
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", EXPOSED.encode()),
        ]

    def foreign(self, given: Given) -> bool:
        """Whether a page of another origin has made the request, so that it must not write.

        Browsers say so by Fetch Metadata (https://www.w3.org/TR/fetch-metadata/), where the address is trustworthy, and
        by `Origin`; other programs say nothing. A proxy may have taken https away, so only host and port are compared.
        """
        origin = given.get(b"origin")
        site = given.get(b"sec-fetch-site")
        if (origin is None and site is None) or site in OWN_SITES:
            return False
        said = "" if origin is None else origin.decode("latin-1")
        if said in self.allowed:
            return False
        return site is not None or not _same_host(said, given.get(b"host", b"").decode("latin-1"))

    def preflight(self, given: Given, headers: HeaderList) -> HeaderList | None:
        """The whole answer to an OPTIONS that is a preflight from an allowed page, or None when it is not one."""
        if not headers or b"access-control-request-method" not in given:
            return None
        return [
            *headers,
            (b"access-control-allow-methods", METHODS.encode()),
            (b"access-control-allow-headers", given.get(b"access-control-request-headers", b"")),
            (b"access-control-max-age", MAX_AGE.encode()),
        ]


def _same_host(origin: str, host: str) -> bool:
    found = ORIGIN.fullmatch(origin.lower())
    if found is None:
        return False
    default = DEFAULT_PORTS[found["scheme"]]
    return found["host"].removesuffix(default) == host.lower().removesuffix(default)
