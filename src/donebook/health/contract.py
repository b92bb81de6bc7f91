"""What the health endpoints answer."""

from typing import Literal

from msgspec import Struct


class Health(Struct, frozen=True, kw_only=True):
    """The service works."""

    status: Literal["healthy"]
    database: Literal["connected"]


class Unhealthy(Struct, frozen=True, kw_only=True):
    """The database does not answer."""

    status: Literal["unhealthy"]
    database: Literal["disconnected"]
    detail: str


class Live(Struct, frozen=True, kw_only=True):
    """The process answers; nothing was asked of the database."""

    status: Literal["alive"]


class Ready(Struct, frozen=True, kw_only=True):
    """The service may get traffic; when it is too busy to ask its database, `migrations` is unknown."""

    status: Literal["ready"]
    database: Literal["connected", "busy"]
    migrations: Literal["current", "unknown"]


class NotReady(Struct, frozen=True, kw_only=True):
    """The service should get no traffic yet; `detail` says why."""

    status: Literal["not ready"]
    database: Literal["connected", "disconnected"]
    migrations: Literal["pending", "ahead", "unknown"]
    detail: str
