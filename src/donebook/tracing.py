"""OpenTelemetry traces: one span a request, one a statement. Off by default; needs the extra `tracing`.

Where they go is set by the standard variables, `OTEL_EXPORTER_OTLP_ENDPOINT` above all
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Spans name routes and statements,
never paths or values.
"""

import atexit
from importlib.util import find_spec

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from donebook.version import VERSION

EXTRA = "opentelemetry.instrumentation.asyncpg"


def available() -> bool:
    """Whether the extra is installed."""
    try:
        return find_spec(EXTRA) is not None
    except ModuleNotFoundError:
        return False


def traced(app: ASGIApp) -> ASGIApp:
    """The application with a span around every request; its statements get theirs from asyncpg's instrumentation."""
    from opentelemetry import propagate, trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # The attributes given here yield to OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
    provider = TracerProvider(resource=Resource.create({"service.name": "donebook", "service.version": VERSION}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    atexit.register(provider.shutdown)
    AsyncPGInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]
    tracer = provider.get_tracer("donebook", VERSION)

    async def spanned(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        method = scope["method"]
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with tracer.start_as_current_span(method, propagate.extract(carrier), trace.SpanKind.SERVER) as span:

            async def send_noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = scope.get("path_template") or "-"
                    span.update_name(f"{method} {route}")
                    span.set_attributes(
                        {
                            "http.request.method": method,
                            "http.route": route,
                            "http.response.status_code": message["status"],
                            "donebook.request_id": scope["state"].get("request_id", ""),
                        }
                    )
                    if message["status"] >= 500:
                        span.set_status(trace.StatusCode.ERROR)
                await send(message)

            await app(scope, receive, send_noting)

    return spanned
