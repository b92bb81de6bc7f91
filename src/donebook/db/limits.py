"""How many connections there may be, and how long things may take."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """The pool's limits; times in seconds. `.env.example` says how the defaults suit a small Neon compute."""

    pool_size: int = 10
    pool_timeout: float = 3.0
    pool_recycle: float = 1800.0
    connect_timeout: float = 12.0
    statement_timeout: float = 10.0
