"""Which web pages may call: those on an allowed origin, and the server's own (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from collections.abc import Mapping

from donebook.settings import Settings

EXPOSED = "ETag, Idempotency-Replayed, Link, Retry-After, X-Request-ID"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
MAX_AGE = "600"  # s

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
