"""OpenTelemetry traces: one span a request, one a statement. Off by default; needs the extra `tracing`.

Where they go is set by the standard variables, `OTEL_EXPORTER_OTLP_ENDPOINT` above all
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Spans name routes and statements,
never paths, values or the texts of errors.
"""

import atexit
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

from donebook.version import VERSION

EXPORT_TIMEOUT = 1  # s: also how long a stop may wait for a collector that is away

type Application = Callable[[Any, Any, Any], Awaitable[None]]

_tracer: Any = None


def available() -> bool:
    """Whether the extra is installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def off() -> bool:
    """Whether nothing is traced."""
    return _tracer is None


def statement(sql: str) -> AbstractContextManager[object]:
    """A span around a statement, when there is tracing."""
    if off():
        return nullcontext()
    from opentelemetry.trace import SpanKind

    attributes = {"db.system.name": "postgresql", "db.query.text": sql}
    return _span(sql.split(maxsplit=1)[0], attributes, kind=SpanKind.CLIENT)


def start(app: Application) -> Application:
    """Begin to trace; the application with a span around every request."""
    global _tracer  # noqa: PLW0603 - one process, one tracer
    from opentelemetry import propagate, trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # The attributes given here yield to OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
    provider = TracerProvider(resource=Resource.create({"service.name": "donebook", "service.version": VERSION}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_TIMEOUT)))
    atexit.register(provider.shutdown)
    _tracer = provider.get_tracer("donebook", VERSION)

    async def spanned(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        context, kind = propagate.extract(carrier), trace.SpanKind.SERVER
        with _span(method, {"http.request.method": method}, context=context, kind=kind) as span:

            async def send_noting(message: Any) -> None:
                if message["type"] == "http.response.start":
                    if route := scope.get("path_template"):
                        span.update_name(f"{method} {route}")
                        span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", message["status"])
                    span.set_attribute("donebook.request_id", scope["state"].get("request_id", ""))
                    if message["status"] >= 500:
                        span.set_status(trace.StatusCode.ERROR)
                await send(message)

            await app(scope, receive, send_noting)

    return spanned


def _span(name: str, attributes: dict[str, str], **how: Any) -> AbstractContextManager[Any]:
    """A span that keeps no exception: the text of a database error can quote what people wrote."""
    span: AbstractContextManager[Any] = _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False, **how
    )
    return span
