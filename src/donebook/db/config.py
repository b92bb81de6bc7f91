"""The database as Advanced Alchemy and its command line know it; found, or started, when it is first needed."""

import atexit
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from advanced_alchemy.config import AlembicAsyncConfig, AsyncSessionConfig
from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig
from sqlalchemy.ext.asyncio import AsyncEngine

from donebook.db import engine
from donebook.db.limits import Limits
from donebook.db.models import Base
from donebook.db.url import Target, parse_database_url

MIGRATIONS = Path(__file__).parents[3] / "migrations"


def embedded(data_dir: Path) -> Target:
    """The local Postgres of a data folder, started or adopted for as long as this process lives.

    Raises:
        LocalPostgresError: when it cannot be started here.
    """
    from donebook.db.local import acquire  # importing it costs time that a remote database should not pay

    postgres = acquire(data_dir, serving=False)
    atexit.register(postgres.release)
    return parse_database_url(postgres.url)


@dataclass
class Database(SQLAlchemyAsyncConfig):
    """Nothing commits for a request but its own statements: see `donebook.db.session`."""

    target: Callable[[], Target] = field(kw_only=True)
    limits: Limits = field(kw_only=True, default_factory=Limits)
    session_config: AsyncSessionConfig = field(default_factory=lambda: AsyncSessionConfig(expire_on_commit=False))
    alembic_config: AlembicAsyncConfig = field(
        default_factory=lambda: AlembicAsyncConfig(
            script_config=None,  # type: ignore[arg-type]
            toml_file=str(MIGRATIONS.parent / "pyproject.toml"),
            script_location=str(MIGRATIONS),
            version_table_name="alembic_version",
            render_as_batch=False,
            compare_type=True,
        )
    )
    set_default_exception_handler: bool = False
    enable_touch_updated_timestamp_listener: bool = False
    enable_file_object_listener: bool = False

    def __post_init__(self) -> None:
        self.metadata = Base.metadata
        super().__post_init__()

    def get_engine(self) -> AsyncEngine:
        """The pool, made when it is first asked for."""
        if self.engine_instance is None:
            self.engine_instance = engine.create_engine(self.target(), self.limits)
        return self.engine_instance
