"""Every setting, from the environment (and `.env`), typed and checked once, at the start."""

import os
import re
import sys
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, get_args, get_type_hints

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct, structs

from donebook.db.limits import Limits
from donebook.db.url import InvalidURL, Target, parse_database_url

HOST_PATTERN = re.compile(r"\*|(\*\.)?[\w.~-]+", re.ASCII)
ORIGIN = re.compile(r"https?://[^\s/*?#@]+", re.ASCII)

type Names = tuple[str, ...]
type Seconds = Annotated[float, Meta(gt=0, le=86400)]


class InvalidSetting(Exception):
    """A setting has a value that cannot be used; the message names the variable, the value and what was expected."""


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """Every setting. `.env.example` says what each is for."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8000
    data_dir: Path = Path(".data")
    database_url: str | None = None
    database_direct_url: str | None = None
    database_pooler: Literal["auto", "transaction", "none"] = "auto"
    pool_size: Annotated[int, Meta(ge=1, le=1000)] = 10
    pool_timeout: Seconds = 3.0
    pool_recycle: Seconds = 1800.0
    connect_timeout: Seconds = 12.0
    statement_timeout: Seconds = 10.0
    request_timeout: Seconds = 15.0
    head_timeout: Seconds = 10.0
    body_timeout: Seconds = 10.0
    write_timeout: Seconds = 10.0
    max_head_size: Annotated[int, Meta(ge=1024, le=2**24)] = 65_536
    max_headers: Annotated[int, Meta(ge=10, le=10_000)] = 100
    max_connections: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    max_buffered_mb: Annotated[int, Meta(ge=1, le=1_000_000)] = 64
    search_work: Annotated[int, Meta(ge=0, le=10**9)] = 2_000_000
    trash_days: Annotated[float, Meta(gt=0, le=36500)] = 30.0
    log_days: Annotated[float, Meta(ge=0, le=36500)] = 0.0
    auto_migrate: bool = True
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"
    tracing: bool = False
    allow_open: bool = False
    allowed_hosts: Names = ()
    allowed_origins: Names = ("http://localhost:3000",)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host == "localhost" or _is_loopback(self.host)

    @property
    def hosts(self) -> Names:
        """The names by which a request may call this server: those that are set, and its own."""
        own = ("localhost", "127.0.0.1", "::1") if self.loopback else ()
        return (*self.allowed_hosts, *own, self.host)

    def target(self) -> Target:
        """The database that `DATABASE_URL` names.

        Raises:
            InvalidSetting: when there is no URL, or it cannot be used.
        """
        target = _target("DATABASE_URL", self.database_url or "")
        direct = self.database_direct_url and _target("DATABASE_DIRECT_URL", self.database_direct_url)
        pooled = target.pooled if self.database_pooler == "auto" else self.database_pooler == "transaction"
        return structs.replace(target, pooled=pooled, direct_target=direct or None)

    def limits(self) -> Limits:
        """How many connections there may be, and how long things may take."""
        return Limits(
            pool_size=self.pool_size,
            pool_timeout=self.pool_timeout,
            pool_recycle=self.pool_recycle,
            connect_timeout=self.connect_timeout,
            statement_timeout=self.statement_timeout,
        )


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process: the environment first, then `.env` in the working directory, then the defaults.

    Raises:
        InvalidSetting: naming the first variable that has a wrong value.
    """
    given = {**_dotenv(), **os.environ} if environ is None else environ
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, Any] = {
        name: _convert(variable, given[variable], hints[name])
        for name, variable in zip(Settings.__struct_fields__, Settings.__struct_encode_fields__, strict=True)
        if given.get(variable, "").strip()
    }
    settings = Settings(**values)
    _check(settings)
    return settings


def _target(variable: str, url: str) -> Target:
    try:
        return parse_database_url(url)
    except InvalidURL as problem:
        raise InvalidSetting(f"{variable} {problem}") from None


def load_or_exit() -> Settings:
    """The settings of this process; a wrong one ends it with exit code 2 and one line, wherever it was started from."""
    try:
        return load()
    except InvalidSetting as problem:
        refuse(str(problem))


def refuse(message: str) -> NoReturn:
    """End the process because of a setting: exit code 2 and one line."""
    print(f"donebook: {message}", file=sys.stderr)
    sys.exit(2)


def _dotenv() -> dict[str, str]:
    try:
        return {name: value for name, value in dotenv_values(".env", interpolate=False).items() if value is not None}
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidSetting(f".env cannot be read: {problem}") from None


def _convert(variable: str, text: str, wanted: Any) -> object:
    text = text.strip()
    try:
        if wanted is Names:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if wanted is Path:
            return Path(text).expanduser()
        if get_args(wanted) and all(isinstance(choice, str) for choice in get_args(wanted)):
            text = text.lower()
        return msgspec.convert(text, wanted, strict=False)
    except (msgspec.ValidationError, RuntimeError):
        raise InvalidSetting(f"{variable}={text!r}: expected {_expectation(wanted)}") from None


def _expectation(wanted: object) -> str:
    if wanted is bool:
        return "true or false"
    if choices := [choice for choice in get_args(wanted) if isinstance(choice, str)]:
        return f"one of {', '.join(choices)}"
    for meta in get_args(wanted):
        if isinstance(meta, Meta):
            number = "a whole number" if int in get_args(wanted) else "a number"
            return (
                f"{number} "
                + (f"from {meta.ge} to" if meta.gt is None else f"above {meta.gt}, at most")
                + f" {meta.le}"
            )
    if wanted is Seconds:
        return "a number of seconds above 0, at most 86400"
    return "a path" if wanted is Path else "text"


def _check(settings: Settings) -> None:
    if settings.database_url is not None:
        settings.target()
    elif settings.database_direct_url is not None:
        raise InvalidSetting("DATABASE_DIRECT_URL is set, DATABASE_URL is not: expected both, for the same database")
    if not _is_host(settings.host):
        raise InvalidSetting(f"HOST={settings.host!r}: expected an IP address or `localhost`")
    for origin in settings.allowed_origins:
        if not ORIGIN.fullmatch(origin):
            raise InvalidSetting(
                f"ALLOWED_ORIGINS={origin!r}: expected origins such as https://app.example.com, separated by commas"
            )
    for host in settings.allowed_hosts:
        if not (HOST_PATTERN.fullmatch(host) or _is_address(host)):
            raise InvalidSetting(
                f"ALLOWED_HOSTS={host!r}: expected host names without scheme or port, separated by commas"
            )
    if not settings.loopback and not settings.allow_open:
        raise InvalidSetting(
            f"HOST={settings.host!r}: expected a loopback address, since whoever can reach Donebook can read and"
            " change every task; behind a proxy that authenticates, set ALLOW_OPEN=true"
        )


def _is_host(host: str) -> bool:
    return host == "localhost" or _is_address(host)


def _is_address(host: str) -> bool:
    return _address(host) is not None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") and host.endswith("]") else ip_address(host)
    except ValueError:
        return None
