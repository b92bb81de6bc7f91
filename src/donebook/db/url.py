"""From the URL that people paste (libpq, Neon, Heroku) to what asyncpg takes.

The forms are those of libpq: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
asyncpg knows fewer parameters than libpq; each is translated here, dropped where asyncpg has no need of it, or refused
by name, so that no wish is silently ignored.
"""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from msgspec import Struct, structs
from sqlalchemy import URL

SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
CHANNEL_BINDINGS = ("disable", "prefer", "require")
SESSION_ATTRS = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")
NEON = ".neon.tech"
POOLER = "-pooler"
QUOTE = "write @ as %40, : as %3A, / as %2F, ? as %3F and # as %23 in the password"


class InvalidURL(ValueError):
    """A database URL that cannot be honoured; the message never holds its password."""


class Target(Struct, frozen=True, kw_only=True):
    """A database and how to reach it."""

    host: str
    port: int = 5432
    user: str | None = None
    password: str | None = None
    database: str | None = None
    sslmode: str = "prefer"
    sslrootcert: str | None = None
    channel_binding: str = "prefer"
    connect_timeout: float | None = None  # seconds
    target_session_attrs: str | None = None
    server_settings: dict[str, str] = {}
    pooled: bool = False  # whether a transaction pooler stands in between: then there is no session to keep anything in
    direct_target: "Target | None" = None

    def __repr__(self) -> str:
        return f"Target({self.display!r})"

    @property
    def display(self) -> str:
        """The URL for people to read: never with its password."""
        text = self.sqlalchemy_url.set(drivername="postgresql").render_as_string(hide_password=True)
        return "".join(letter if letter.isprintable() else "?" for letter in text)

    @property
    def sqlalchemy_url(self) -> URL:
        """What names the database to SQLAlchemy; the rest is in `connect_args`."""
        return URL.create(
            "postgresql+asyncpg", self.user, self.password, self.host, self.port, self.database or self.user
        )

    @property
    def direct(self) -> "Target":
        """The same database without its pooler, for what needs a session: migrations, listeners."""
        if self.direct_target is not None:
            return self.direct_target
        first, dot, rest = self.host.partition(".")
        return structs.replace(self, host=first.removesuffix(POOLER) + dot + rest, pooled=False)

    @property
    def connect_args(self) -> dict[str, Any]:
        """The keyword arguments of `asyncpg.connect` that are not in `sqlalchemy_url`.

        Raises:
            InvalidURL: when the root certificate cannot be read.
        """
        args: dict[str, Any] = {"ssl": self._ssl(), "server_settings": dict(self.server_settings)}
        if self.host.startswith("/"):
            args["host"] = self.host
        if self.connect_timeout is not None:
            args["timeout"] = self.connect_timeout
        if self.target_session_attrs is not None:
            args["target_session_attrs"] = self.target_session_attrs
        return args

    def _ssl(self) -> ssl.SSLContext | str | bool:
        """As libpq reads `sslmode`, save that Neon's certificate is verified from `require` up.

        `require` elsewhere encrypts without verifying, unless a root certificate is given: libpq's rule, and what
        hosts with self-signed certificates (Heroku's among them) need.
        """
        if self.sslmode == "disable" or self.host.startswith("/"):
            return False
        neon = self.host.endswith(NEON)
        if self.sslmode in ("allow", "prefer") and not neon:
            return self.sslmode
        if self.sslmode == "require" and not neon and self.sslrootcert is None:
            return self.sslmode
        try:
            context = ssl.create_default_context(cafile=self._root_certificate())
        except (OSError, RuntimeError):  # not there, not a certificate (ssl.SSLError), no such home
            raise InvalidURL(
                f"names a root certificate that cannot be used: sslrootcert={self.sslrootcert!r}"
            ) from None
        context.check_hostname = neon or self.sslmode == "verify-full"
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # refuses an authority made as PostgreSQL's manual says
        return context

    def _root_certificate(self) -> str | None:
        if self.sslrootcert is None or self.sslrootcert == "system":
            return None
        return str(Path(self.sslrootcert).expanduser())


def parse_database_url(text: str) -> Target:
    """The database that a URL names.

    Raises:
        InvalidURL: saying what is wrong and what was expected, in words that never hold the password.
    """
    text = _quoted(text)
    target = _parse_authority(text)
    for name, value in _parameters(text):
        target = _apply(target, name, value)
    if not target.host:
        raise InvalidURL("names no host; expected postgresql://user:password@host/database")
    if target.user is None:
        raise InvalidURL(f"{target.display} names no user; expected postgresql://user:password@host/database")
    if target.host.partition(".")[0].endswith(POOLER):
        target = structs.replace(target, pooled=True)
    # A certificate that is not there should stop the start, not the first request.
    verified = isinstance(target.connect_args["ssl"], ssl.SSLContext)
    if target.channel_binding == "require" and not verified:  # asyncpg has none; verifying is as good against impostors
        raise InvalidURL(f"{target.display} has channel_binding=require, which needs sslmode=verify-full here")
    return target


def _quoted(text: str) -> str:
    """The URL with the user and the password quoted, in which libpq takes every character but @ and / as it is.

    A ? is left alone: in a URL without a / it may as well begin the parameters.
    """
    scheme, separator, rest = text.partition("://")
    credentials, at, host = rest.partition("@")
    if not at or "/" in credentials or "?" in credentials:
        return text
    return f"{scheme}{separator}{quote(credentials, safe=':%', errors='surrogatepass')}@{host}"


def _parse_authority(text: str) -> Target:
    scheme, separator, _ = text.partition("://")
    if not separator or scheme not in SCHEMES:
        raise InvalidURL(f"cannot be parsed: expected a URL that begins with {', '.join(f'{s}://' for s in SCHEMES)}")
    try:
        parts = urlsplit(text)
        host, port = unquote(parts.hostname or "", errors="strict"), parts.port
        user, password, database = map(_text, (parts.username, parts.password, parts.path.removeprefix("/")))
        pairs = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True, errors="strict")
    except ValueError:
        hint = f"; {QUOTE}" if "@" in text else ""
        raise InvalidURL(f"cannot be parsed: expected postgresql://user:password@host:port/database{hint}") from None
    # A password that was pasted as it is, with a @, / or ? in it, would end up in other parts, and so on the screen.
    if any(mark in part for mark in "@:" for part in (parts.path, *(name for name, _ in pairs))) or "@" in parts.query:
        raise InvalidURL(f"cannot be parsed: {QUOTE}")
    if "," in parts.netloc.rpartition("@")[2]:
        raise InvalidURL("names several hosts; expected one")
    if parts.fragment:
        raise InvalidURL(f"cannot be parsed: {QUOTE}")
    if port == 0:
        raise InvalidURL("cannot be parsed: expected a port from 1 to 65535")
    return Target(
        host=host,
        port=port or 5432,
        user=user,
        password=password,
        database=database,
    )


def _text(part: str | None) -> str | None:
    return unquote(part, errors="strict") if part else None


def _parameters(text: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(text).query.replace("+", "%2B"), keep_blank_values=True)


def _apply(target: Target, name: str, value: str) -> Target:
    match name:
        case "host" | "user" | "password":
            return structs.replace(target, **{name: value or None})
        case "dbname":
            return structs.replace(target, database=value or None)
        case "port":
            return structs.replace(target, port=int(_number(target, name, value, lowest=1, highest=65535)))
        case "connect_timeout":
            seconds = _number(target, name, value, lowest=0, highest=3600)
            return structs.replace(target, connect_timeout=seconds or None)
        case "sslmode":
            return structs.replace(target, sslmode=_choice(target, name, value, SSL_MODES))
        case "sslrootcert":
            return structs.replace(target, sslrootcert=value or None)
        case "channel_binding":
            return structs.replace(target, channel_binding=_choice(target, name, value, CHANNEL_BINDINGS))
        case "target_session_attrs":
            return structs.replace(target, target_session_attrs=_choice(target, name, value, SESSION_ATTRS))
        case "application_name":
            return structs.replace(target, server_settings={**target.server_settings, name: value})
        case "options":
            return structs.replace(target, server_settings={**target.server_settings, **_options(target, value)})
        case _:
            raise InvalidURL(f"{target.display} has a parameter that Donebook does not know: {name!r}")


def _choice(target: Target, name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidURL(f"{target.display} has {name}={value!r}; expected one of {', '.join(allowed)}")
    return value


def _number(target: Target, name: str, value: str, *, lowest: int, highest: int) -> float:
    if not value.isascii() or not value.isdigit() or len(value) > 9 or not lowest <= int(value) <= highest:
        raise InvalidURL(f"{target.display} has {name}={value!r}; expected a whole number from {lowest} to {highest}")
    return float(value)


def _options(target: Target, value: str) -> dict[str, str]:
    """`-c name=value` settings; Neon's `endpoint=…` is dropped, since the host name in the TLS handshake says it."""
    settings: dict[str, str] = {}
    words = value.replace("-c ", "-c").replace("--", "-c").split()
    for word in words:
        name, separator, setting = word.removeprefix("-c").partition("=")
        if word.startswith("-c") and separator and name:
            settings[name.replace("-", "_")] = setting
        elif not word.startswith(("endpoint=", "project=")):
            raise InvalidURL(
                f"{target.display} has options={value!r}; expected endpoint=… or settings such as -c name=value"
            )
    return settings
