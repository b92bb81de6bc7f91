"""Logs: one line an event, for people on a terminal, as JSON for everything else. They never hold what people wrote."""

import logging
import sys

import msgspec
import structlog
from structlog.typing import Processor

from donebook.settings import Settings


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
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # What these say at `info` is about their own workings; at `debug` SQLAlchemy and asyncpg would say people's words.
    for chatty in ("sqlalchemy", "asyncpg", "alembic", "asyncio", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
