"""Logs: one line an event, for people on a terminal, as JSON for everything else. They never hold what people wrote."""

import asyncio
import contextlib
import logging
import sys
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
import structlog
from structlog.typing import Processor

from donebook.settings import Settings

access = logging.getLogger("donebook.access")
_encoder = msgspec.json.Encoder()
_lines: BinaryIO | None = None
"""Where the lines of requests go, when they are JSON."""
_ready: list[bytes] = []
"""Lines to be written."""
_writer: asyncio.AbstractEventLoop | None = None
"""The event loop that will write them when it comes round."""


class Line(msgspec.Struct, gc=False, kw_only=True, tag_field="event", tag="request"):
    """The line of a request, as any other event is written as JSON."""

    level: str = "info"
    logger: str = access.name
    method: str
    path: str
    status: int
    ms: float
    request_id: str
    open_s: float | msgspec.UnsetType = msgspec.UNSET
    timestamp: datetime


def configure(settings: Settings) -> None:
    """Send every log of this process to standard error, in one format."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shape: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
        if as_json
        else [structlog.dev.ConsoleRenderer(pad_event_to=0)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shape],
        )
    )
    global _lines  # noqa: PLW0603 - one process, one standard error
    _lines = sys.stderr.buffer if as_json else None
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # What these say at `info` is about their own workings; at `debug` SQLAlchemy and asyncpg would say people's words.
    for chatty in ("sqlalchemy", "donebook.db.pool", "asyncpg", "alembic", "asyncio", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def request(method: str, path: str, status: int, *, ms: float, request_id: str, open_s: float | None) -> None:
    """Write the line of a request: as JSON without a detour, since there is one for each.

    Args:
        method: its method.
        path: its route, never what was asked for: that is what somebody typed.
        status: of the answer.
        ms: until the answer's end; of a stream, until its beginning.
        request_id: its id.
        open_s: for how many seconds a stream was open.
    """
    global _writer  # noqa: PLW0603 - one process, one standard error
    if not access.isEnabledFor(logging.INFO):
        return
    ms = round(ms, 1)
    now = datetime.now(UTC)
    line = Line(method=method, path=path, status=status, ms=ms, request_id=request_id, timestamp=now)
    if open_s is not None:
        line.open_s = round(open_s, 1)
    if _lines is None:
        names = ("method", "path", "status", "ms", "request_id", "open_s")
        said = {name: getattr(line, name) for name in names if getattr(line, name) is not msgspec.UNSET}
        access.info("request", extra=said)
        return
    _ready.append(_encoder.encode(line))
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _write()
        return
    if _writer is not loop:
        _writer = loop
        loop.call_soon(_write)


def _write() -> None:
    """Write the lines of all requests that were answered in this round of the event loop, as one."""
    global _writer  # noqa: PLW0603
    _writer = None
    text = b"\n".join([*_ready, b""])
    _ready.clear()
    with contextlib.suppress(OSError, ValueError):  # a log that cannot be written fails no request
        if _lines is not None:
            _lines.write(text)
            _lines.flush()


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
