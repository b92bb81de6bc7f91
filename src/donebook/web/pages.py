"""The built web app: read once at the start, compressed when it was built."""

import hashlib
import re
from collections.abc import Callable, Mapping
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Headers
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath
from msgspec import Struct

from donebook.problems import NotFound

DIST = Path(__file__).parents[3] / "frontend" / "dist"
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the best first
PAGE = "index.html"

FOREVER = "public, max-age=31536000, immutable"  # names carry a hash of the content
REVALIDATE = "no-cache"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOT_BUILT = b"The web app is not built. Run `make build` in the checkout, then start Donebook again.\n"
API = frozenset({"api", "assets", "docs", "health", "metrics", "openapi.json", "tasks"})
"""First segments of paths that are never a page of the web app."""


class Page(Struct, frozen=True):
    """A file as it is sent: each encoding with its entity tag."""

    media_type: str
    bodies: Mapping[str, tuple[bytes, str]]
    policy: str = POLICY

    def respond(self, request: Headers, *, cache: str) -> Response[bytes]:
        """The file, or 304 when the client has it (RFC 9110, section 13.1.2)."""
        encoding = next((name for name in ENCODINGS if name in self.bodies and accepts(request, name)), "identity")
        body, tag = self.bodies[encoding]
        headers = {
            "cache-control": cache,
            "content-security-policy": self.policy,
            "etag": tag,
            "vary": "accept-encoding",
        }
        known = {one.strip().removeprefix("W/") for one in ",".join(request.getall("if-none-match", [])).split(",")}
        if known & {tag, "*"}:
            return Response(b"", status_code=304, media_type=self.media_type, headers=headers)
        if encoding != "identity":
            headers["content-encoding"] = encoding
        return Response(body, media_type=self.media_type, headers=headers)


def accepts(request: Headers, encoding: str) -> bool:
    """Whether the client takes an encoding (RFC 9110, section 12.5.3); `q=0` refuses it."""
    for offer in request.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip() == encoding:
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def read(path: Path) -> Page:
    """A file and its compressed siblings."""
    kind = guess_type(path.name)[0] or "application/octet-stream"
    siblings = {"identity": path} | {name: path.with_name(path.name + end) for name, end in ENCODINGS.items()}
    return Page(kind, {name: _tagged(file.read_bytes(), name) for name, file in siblings.items() if file.is_file()})


def plain(body: bytes, media_type: str, *, policy: str = POLICY) -> Page:
    """A page that is sent as it is, without compression."""
    return Page(media_type, {"identity": _tagged(body, "identity")}, policy)


def _tagged(body: bytes, encoding: str) -> tuple[bytes, str]:
    return body, f'"{hashlib.sha256(body).hexdigest()[:20]}-{encoding}"'


class Pages:
    """Everything in the folder that Vite builds."""

    def __init__(self, dist: Path = DIST) -> None:
        self.root = _read_folder(dist)
        self.assets = _read_folder(dist / "assets")
        self.page = self.root.pop(PAGE, plain(NOT_BUILT, "text/plain"))

    def address(self, name: str) -> str | None:
        """Return the path of a built asset, by its name without the hash; None when it is not there."""
        stem, _, ending = name.rpartition(".")
        hashed = re.compile(rf"{re.escape(stem)}-[\w-]{{8}}\.{re.escape(ending)}", re.ASCII)
        return next((f"/assets/{asset}" for asset in self.assets if hashed.fullmatch(asset)), None)

    def deep_link(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """The page, for an address that only the web app knows; None for those of the API and of missing files."""
        first, *rest = request.scope["path"].strip("/").split("/")
        if request.method != "GET" or first in API or "." in (rest or [first])[-1]:
            return None
        return self.page.respond(request.headers, cache=REVALIDATE)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes of the pages and of their assets."""

        @_page("/")
        def app(request: Request[Any, Any, Any]) -> Response[bytes]:
            return self.page.respond(request.headers, cache=REVALIDATE)

        @_page("/assets/{name:str}")
        def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
            if name not in self.assets:
                raise NotFound
            return self.assets[name].respond(request.headers, cache=FOREVER)

        @_page("/favicon.ico", *(f"/{name}" for name in self.root))
        def file(request: Request[Any, Any, Any]) -> Response[bytes]:
            name = request.scope["path"].strip("/")
            if name not in self.root:
                raise NotFound
            return self.root[name].respond(request.headers, cache=REVALIDATE)

        return [app, asset, file]


def _page(*paths: str) -> Callable[[Callable[..., Response[bytes]]], HTTPRouteHandler]:
    return get(list(paths), include_in_schema=False, sync_to_thread=False)


def _read_folder(folder: Path) -> dict[str, Page]:
    if not folder.is_dir():
        return {}
    files = [file for file in folder.iterdir() if file.is_file() and file.suffix not in ENCODINGS.values()]
    return {file.name: read(file) for file in files}
