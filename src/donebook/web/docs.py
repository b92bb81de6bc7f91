"""The API's docs page: Scalar, from this server alone (docs/decisions/0015-scalar-shows-the-api.md)."""

import html
from typing import Any

import msgspec
from litestar import Request, Response, Router
from litestar.enums import HttpMethod, MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin, ScalarRenderPlugin
from litestar.response.base import ASGIResponse
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from donebook.web.pages import NOT_BUILT, POLICY, REVALIDATE, Pages, plain

PATH = "/docs"
DOCS_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Scalar writes style elements and attributes; everything else is as strict as on the other pages."""
OPTIONS = {
    "withDefaultFonts": False,
    "telemetry": False,
    "agent": {"disabled": True},
    "mcp": {"disabled": True},
    "hideClientButton": True,
    "showDeveloperTools": "never",
    "documentDownloadType": "direct",
    "orderSchemaPropertiesBy": "preserve",
}
"""Switch off what contacts other servers: fonts, telemetry, the assistant, and links to services of Scalar's maker."""
PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API · Donebook</title>
    <meta name="description" content="Donebook’s API: every request, every answer, to read and to try.">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" type="image/svg+xml" href="{icon}">
    <link rel="stylesheet" href="{style}">
  </head>
  <body>
    <noscript><p>This page needs JavaScript. The same, for programs: <a href="{document}">{document}</a></p></noscript>
    <script id="api-reference" data-url="{document}" data-configuration="{options}"></script>
    <script type="module" src="{before}"></script>
    <script defer src="{scalar}"></script>
  </body>
</html>
"""
TAKEN = {"/", "/{path:str}"}
"""Paths that belong to the web app; Litestar would put its default page and its own 404 page there."""


class DocsPlugin(ScalarRenderPlugin):
    """Scalar, configured by an attribute instead of Litestar's inline script, which the policy forbids.

    Args:
        scalar: the address of Scalar's script.
        before: the address of the script that runs before it.
        style: the address of the style sheet.
        icon: the address of the icon.
    """

    def __init__(self, *, scalar: str, before: str, style: str, icon: str) -> None:
        super().__init__(path=PATH, js_url=scalar, css_url=style, options=OPTIONS)
        self.addresses = {"scalar": scalar, "before": before, "style": style, "icon": icon}

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page; its script loads the document."""
        options = html.escape(msgspec.json.encode(self.options).decode())
        return PAGE.format(document=self.get_openapi_json_route(request), options=options, **self.addresses).encode()


class NotBuiltPlugin(OpenAPIRenderPlugin):
    """A text in place of the page while the web app is not built."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the text."""
        return NOT_BUILT


def docs(pages: Pages) -> OpenAPIRenderPlugin:
    """Return the plugin that renders the docs page from the files of the web app's build."""
    scalar, before, style, icon = map(pages.address, ("scalar.js", "docs.js", "docs.css", "icon.svg"))
    if scalar and before and style and icon:
        return DocsPlugin(scalar=scalar, before=before, style=style, icon=icon)
    return NotBuiltPlugin(path=PATH, media_type=MediaType.TEXT)


class DocsResponse(Response[bytes]):
    """The answer to `/docs` and `/openapi.json`; a page gets a policy and an entity tag, as our other pages do."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> ASGIResponse:
        """Build the answer: the page or 304, or the document as Litestar sends it."""
        if self.media_type == MediaType.JSON:
            return super().to_asgi_response(app, request, **given)
        page = plain(self.content, str(self.media_type), policy=DOCS_POLICY)
        return page.respond(request.headers, cache=REVALIDATE).to_asgi_response(app, request, **given)


class DocsRouter(Router):
    """The router on which Litestar registers `/openapi.json` and `/docs`."""

    def __init__(self) -> None:
        super().__init__(
            path="/",
            route_handlers=[],
            include_in_schema=False,
            dto=None,
            return_dto=None,
            response_class=DocsResponse,
        )

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Register these two, for HEAD as well as GET, and nothing on the web app's paths."""
        if isinstance(value, HTTPRouteHandler):
            value.paths -= TAKEN
            value.http_methods |= {HttpMethod.HEAD}
            if not value.paths:
                return []
        return super().register(value)
