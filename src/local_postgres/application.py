"""The application that keeps its data in the cluster: the names that it gives to things, on disk and in messages."""

import re
from dataclasses import dataclass

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
RESERVED = ("postgres", "template0", "template1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What the package has to know about the application that uses it.

    The first three are on disk in every data directory. An application that changes them does not find its data again.

    Raises:
        ValueError: when a name cannot be used unquoted in SQL, or belongs to PostgreSQL itself.
    """

    name: str
    """The prefix of `cluster_name`, by which processes are recognised."""
    role: str
    """The role that owns the database; its password is in `<role>.password`."""
    database: str
    """The database."""
    title: str
    """How messages call the application: `Donebook`."""
    command: str
    """How messages call its processes: `donebook`."""
    serve_command: str
    """How messages call the one process that serves: `donebook serve`."""
    data_setting: str
    """The setting that names the data directory: `DATA_DIR`."""
    url_setting: str
    """The setting that names another database instead: `DATABASE_URL`."""

    def __post_init__(self) -> None:
        for name in (self.name, self.role, self.database):
            if not IDENTIFIER.fullmatch(name) or name in RESERVED:
                raise ValueError(f"{name!r} is no name for a role, a database or a cluster")
