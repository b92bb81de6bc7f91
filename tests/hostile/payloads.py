"""Requests that two programs may read differently. Each hides another request, `@S@`, which nobody may ever answer.

`@C@` is the beginning of a well-formed request, `@I@` its id. `@N@` is the length of the hidden request, `@X@` the same
in hex, and `@P@` the length of a line with that; `@L@` and `@Z@` are the lengths, decimal and in hex, of the hidden
request behind an empty chunk. `@B@` are blank lines, more than a proxy sends with the head, and `@M@` is their length
with that of the hidden request. At `@|@` the rest is sent a moment later.
"""

from collections.abc import Iterator

from tests.hostile.connection import request

IN_LENGTH = "Content-Length: @N@\r\n\r\n@S@"
LATER = "Content-Length: @N@\r\n\r\n@|@@S@"
IN_CHUNK = "\r\n@X@\r\n@S@\r\n0\r\n\r\n"
BEHIND_CHUNKS = "\r\n0\r\n\r\n@S@"

BLANK = b"\r\n" * 40_000

UPGRADES = {
    "websocket": "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "websocket-in-full": "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "h2c": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
    "keep-alive": "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
    "two-lines": "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    "case": "CONNECTION:UPGRADE\r\nUPGRADE:TLS/1.0\r\n",
    "not-asked-for": "Upgrade: websocket\r\n",
    "to-nothing": "Connection: Upgrade\r\n",
}

CODINGS = {
    "plain": "Transfer-Encoding: chunked\r\n",
    "case": "tRANSFER-eNCODING: cHUNKED\r\n",
    "tab": "Transfer-Encoding:\tchunked\t\r\n",
    "space-before-colon": "Transfer-Encoding : chunked\r\n",
    "tab-before-colon": "Transfer-Encoding\t: chunked\r\n",
    "unknown": "Transfer-Encoding: xchunked\r\n",
    "identity": "Transfer-Encoding: identity\r\n",
    "twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "twice-in-a-line": "Transfer-Encoding: chunked, chunked\r\n",
    "identity-after": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "identity-before": "Transfer-Encoding: identity, chunked\r\n",
    "unknown-after": "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
    "unknown-before": "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n",
    "gzip": "Transfer-Encoding: gzip, chunked\r\n",
    "gzip-after": "Transfer-Encoding: chunked, gzip\r\n",
    "parameter": "Transfer-Encoding: chunked;q=1\r\n",
    "quoted": 'Transfer-Encoding: "chunked"\r\n',
    "comma-before": "Transfer-Encoding: , chunked\r\n",
    "empty": "Transfer-Encoding:\r\n",
    "vertical-tab": "Transfer-Encoding: \x0bchunked\r\n",
    "null": "Transfer-Encoding: chunked\x00\r\n",
    "null-in-the-name": "Transfer-Encoding\x00: chunked\r\n",
    "no-break-space": "Transfer-Encoding: \xa0chunked\r\n",
    "folded": "Transfer-Encoding:\r\n chunked\r\n",
    "folded-name": "Transfer-Encoding\r\n : chunked\r\n",
    "bare-line-feed": "X-A: b\nTransfer-Encoding: chunked\r\n",
    "bare-carriage-return": "X-A: b\rTransfer-Encoding: chunked\r\n",
    "ends-in-a-line-feed": "Transfer-Encoding: chunked\n",
    "ends-in-a-carriage-return": "Transfer-Encoding: chunked\r\r\n",
}

LENGTHS = {
    "twice": "@N@\r\nContent-Length: @N@",
    "twice-less": "@N@\r\nContent-Length: 0",
    "twice-more": "0\r\nContent-Length: @N@",
    "list": "@N@, @N@",
    "list-less": "@N@, 0",
    "list-more": "0, @N@",
    "plus": "+@N@",
    "minus": "-@N@",
    "minus-nothing": "-0",
    "spaces": "  @N@\t",
    "space-inside": "0 @N@",
    "zeros": "000@N@",
    "hex": "0x@X@",
    "point": "@N@.0",
    "exponent": "@N@e0",
    "underscore": "0_@N@",
    "letter": "@N@a",
    "semicolon": "@N@;x=y",
    "quoted": '"@N@"',
    "vertical-tab": "\x0b@N@",
    "null": "@N@\x00",
    "folded": "\r\n @N@",
    "folded-less": "0\r\n @N@",
    "ends-in-a-line-feed": "@N@\nX-A: b",
    "ends-in-a-carriage-return": "@N@\rX-A: b",
    "64-bits": "18446744073709551616",
    "64-bits-and-more": "184467440737095516160@N@",
    "33-digits": "100000000000000000000000000000@N@",
}

CHUNKS = {
    "extension": "@X@;a=b\r\n@S@\r\n0\r\n\r\n",
    "quoted-extension": '@X@;a="\t;"\r\n@S@\r\n0;c\r\n\r\n',
    "long-extension": "@X@;" + "a" * 5000 + "\r\n@S@\r\n0\r\n\r\n",
    "line-feed-in-an-extension": "@X@;a\nb\r\n@S@\r\n0\r\n\r\n",
    "carriage-return-in-an-extension": "@X@;a\rb\r\n@S@\r\n0\r\n\r\n",
    "carriage-return-ends-an-extension": "2;\rxx\r\n@Z@\r\n0\r\n\r\n@S@\r\n0\r\n\r\n",
    "line-feed-ends-an-extension": "2;\nxx\r\n@Z@\r\n0\r\n\r\n@S@\r\n0\r\n\r\n",
    "prefix": "0x@X@\r\n@S@\r\n0\r\n\r\n",
    "plus": "+@X@\r\n@S@\r\n0\r\n\r\n",
    "minus": "-@X@\r\n@S@\r\n0\r\n\r\n",
    "minus-nothing": "-0\r\n\r\n@S@",
    "space-before": " @X@\r\n@S@\r\n0\r\n\r\n",
    "space-behind": "@X@ \r\n@S@\r\n0\r\n\r\n",
    "tab-behind": "@X@\t\r\n@S@\r\n0\r\n\r\n",
    "space-before-an-extension": "@X@ ;a\r\n@S@\r\n0\r\n\r\n",
    "zeros": "000000000000@X@\r\n@S@\r\n000\r\n\r\n",
    "capitals": "0000A\r\n0123456789\r\n@X@\r\n@S@\r\n0\r\n\r\n",
    "underscore": "0_@X@\r\n@S@\r\n0\r\n\r\n",
    "letter": "@X@g\r\n@S@\r\n0\r\n\r\n",
    "empty": "\r\n@S@\r\n0\r\n\r\n",
    "only-an-extension": ";a\r\n@S@\r\n0\r\n\r\n",
    "null": "@X@\x00\r\n@S@\r\n0\r\n\r\n",
    "32-bits": "1000000@X@\r\n@S@\r\n0\r\n\r\n",
    "64-bits": "100000000000000@X@\r\n@S@\r\n0\r\n\r\n",
    "64-bits-minus": "fffffffffffffffe\r\n@S@\r\n0\r\n\r\n",
    "very-long": "f" * 300 + "\r\n@S@\r\n0\r\n\r\n",
    "no-end": "@X@\r\n@S@0\r\n\r\n",
    "another-end": "@X@\r\n@S@xx0\r\n\r\n",
    "two-more": "2\r\nxxyy@X@\r\n@S@\r\n0\r\n\r\n",
    "line-feeds": "@X@\n@S@\n0\n\n",
    "line-feed-behind-the-size": "@X@\n@S@\r\n0\r\n\r\n",
    "line-feed-behind-the-data": "@X@\r\n@S@\n0\r\n\r\n",
    "line-feed-at-the-end": "@X@\r\n@S@\r\n0\r\n\n",
    "carriage-return-behind-the-size": "@X@\r@S@\r\n0\r\n\r\n",
    "two-carriage-returns": "@X@\r\r\n@S@\r\n0\r\n\r\n",
}

TRAILERS = {
    "length": "Content-Length: 0",
    "coding": "Transfer-Encoding: chunked",
    "host": "Host: evil.example",
    "id": "X-Request-ID: trailer",
    "key": "Idempotency-Key: the-same",
    "condition": 'If-Match: "999"',
    "type": "Content-Type: text/plain",
    "content-coding": "Content-Encoding: gzip",
    "origin": "Origin: http://localhost:3000",
    "site": "Sec-Fetch-Site: cross-site",
    "expectation": "Expect: 100-continue",
    "close": "Connection: close",
    "keep-alive": "Connection: keep-alive",
    "upgrade": "Connection: upgrade\r\nUpgrade: websocket",
}
OLD = "POST /tasks HTTP/1.0\r\nHost: localhost\r\nX-Request-ID: @I@\r\nConnection: keep-alive\r\n"
LINE = "GET /health/live HTTP/1.1\r\n"
REST = "Host: localhost\r\nX-Request-ID: @I@\r\n" + IN_LENGTH
LINES = {
    "two-carriage-returns": "GET /health/live HTTP/1.1\r\r\n",
    "lines-before": "\r\n\r\n" + LINE,
    "line-feed-before": "\n" + LINE,
    "space-before": " " + LINE,
    "spaces": "GET  /health/live  HTTP/1.1\r\n",
    "tabs": "GET\t/health/live\tHTTP/1.1\r\n",
    "a-word-more": "GET /health/live x HTTP/1.1\r\n",
    "carriage-return-in-the-target": "GET /health\r/live HTTP/1.1\r\n",
    "null-in-the-target": "GET /health\x00/live HTTP/1.1\r\n",
    "fragment": "GET /health/live#x HTTP/1.1\r\n",
    "no-target": "GET HTTP/1.1\r\n",
    "no-slash": "GET health/live HTTP/1.1\r\n",
    "small-method": "get /health/live HTTP/1.1\r\n",
    "no-version": "GET /health/live\r\n",
    "version-0.9": "GET /health/live HTTP/0.9\r\n",
    "version-1.2": "GET /health/live HTTP/1.2\r\n",
    "version-1.10": "GET /health/live HTTP/1.10\r\n",
    "version-2.0": "GET /health/live HTTP/2.0\r\n",
    "small-version": "GET /health/live http/1.1\r\n",
    "absolute": "GET http://localhost/health/live HTTP/1.1\r\n",
    "absolute-elsewhere": "GET http://evil.example/health/live HTTP/1.1\r\n",
    "absolute-with-a-user": "GET http://localhost@evil.example/health/live HTTP/1.1\r\n",
    "absolute-of-another-kind": "GET ftp://localhost/health/live HTTP/1.1\r\n",
    "two-slashes": "GET //evil.example/health/live HTTP/1.1\r\n",
    "everything": "OPTIONS * HTTP/1.1\r\n",
    "everything-read": "GET * HTTP/1.1\r\n",
    "connect": "CONNECT localhost:443 HTTP/1.1\r\n",
    "space-before-the-first-header": LINE + " ",
    "two-hosts": LINE + "Host: evil.example\r\n",
    "folded": LINE + "X-A: b\r\n c\r\n",
    "folded-nothing": LINE + "X-A: b\r\n \r\n",
    "line-without-colon": LINE + "X-A\r\n",
    "header-without-name": LINE + ": b\r\n",
    "space-in-a-name": LINE + "X A: b\r\n",
    "null-in-a-value": LINE + "X-A: b\x00c\r\n",
    "carriage-return-in-a-value": LINE + "X-A: b\rc\r\n",
}
ELSEWHERE = "GET http://localhost/health/live HTTP/1.1\r\nHost: evil.example\r\nX-Request-ID: @I@\r\n"
HEADS = {
    "line-feeds": (LINE + REST.replace("@S@", "")).replace("\r\n", "\n") + "@S@",
    "last-line-feed": "@C@Content-Length: @N@\r\n\n@S@",
    "folded-host": f"{LINE}Host:\r\n localhost\r\nX-Request-ID: @I@\r\n{IN_LENGTH}",
    "another-host": ELSEWHERE + IN_LENGTH,
    "length-before-a-space": "@C@Content-Length : @N@\r\n\r\n@S@",
    "expects": f"@C@Expect: 100-continue\r\n{LATER}",
    "expects-something-else": f"@C@Expect: 200-ok\r\n{LATER}",
    "connect-without-a-body": "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nX-Request-ID: @I@\r\n\r\n@S@",
    "preface-of-http-2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n@S@",
    "old-and-chunked": f"{OLD}Transfer-Encoding: chunked\r\n{IN_CHUNK}",
    "old-and-both": f"{OLD}Content-Length: @P@\r\nTransfer-Encoding: chunked\r\n{IN_CHUNK}",
}


def _all() -> Iterator[tuple[str, str]]:
    for name, upgrade in UPGRADES.items():
        yield f"upgrade-{name}", f"@C@{upgrade}{IN_LENGTH}"
        yield f"upgrade-{name}-later", f"@C@{upgrade}{LATER}"
        yield f"upgrade-{name}-padded", f"@C@{upgrade}Content-Length: @M@\r\n\r\n@B@@S@"
        yield f"upgrade-{name}-chunked", f"@C@{upgrade}Transfer-Encoding: chunked\r\n{IN_CHUNK}"
    for name, coding in CODINGS.items():
        yield f"coding-{name}", f"@C@{coding}{IN_CHUNK}"
        yield f"coding-{name}-behind-length", f"@C@Content-Length: @P@\r\n{coding}{IN_CHUNK}"
        yield f"coding-{name}-before-length", f"@C@{coding}Content-Length: @L@\r\n{BEHIND_CHUNKS}"
    for name, length in LENGTHS.items():
        yield f"length-{name}", f"@C@Content-Length: {length}\r\n\r\n@S@"
    for name, chunk in CHUNKS.items():
        yield f"chunk-{name}", f"@C@Transfer-Encoding: chunked\r\n\r\n{chunk}"
    for name, lines in TRAILERS.items():
        announced = ", ".join(line.partition(":")[0] for line in lines.split("\r\n"))
        head = f"@C@Transfer-Encoding: chunked\r\nTrailer: {announced}\r\n"
        yield f"trailer-{name}", f"{head}\r\n@X@\r\n@S@\r\n0\r\n{lines}\r\n\r\n"
    for name, line in LINES.items():
        yield f"head-{name}", line + REST
    for name, head in HEADS.items():
        yield f"head-{name}", head


PAYLOADS = dict(_all())
CARRIERS = [("GET", "/health/live"), ("POST", "/tasks")]


def carriers(name: str) -> list[tuple[str, str]]:
    """The requests by which a payload is tried; how chunks are read does not depend on them, and some say it all."""
    return CARRIERS[1:] if name.startswith("chunk") or "@C@" not in PAYLOADS[name] else CARRIERS


def written(name: str, carrier: tuple[str, str], request_id: str, hidden: bytes) -> list[bytes]:
    """Write a payload, as the pieces in which it is sent."""
    size = f"{len(hidden):x}"
    said = {
        "C": request(*carrier, "X-Request-ID: @I@").removesuffix(b"\r\n"),
        "I": request_id.encode(),
        "N": str(len(hidden)).encode(),
        "X": size.encode(),
        "P": str(len(size) + 2).encode(),
        "L": str(len(hidden) + 5).encode(),
        "Z": f"{len(hidden) + 5:x}".encode(),
        "B": BLANK,
        "M": str(len(BLANK) + len(hidden)).encode(),
        "S": hidden,
    }
    text = PAYLOADS[name].encode("latin-1")
    for mark, value in said.items():
        text = text.replace(f"@{mark}@".encode(), value)
    return text.split(b"@|@")
