"""The local Postgres of Donebook, which keeps its data in `DATA_DIR` when no database is named."""

from pathlib import Path

import local_postgres
from local_postgres import Application, LocalPostgres

# The name, the role and the database are in every data folder: they cannot change.
APPLICATION = Application(
    name="donebook",
    role="donebook",
    database="donebook",
    title="Donebook",
    command="donebook",
    serve_command="donebook serve",
    data_setting="DATA_DIR",
    url_setting="DATABASE_URL",
)


def acquire(data_dir: Path, *, serving: bool) -> LocalPostgres:
    """Return the local Postgres of a data folder; see `local_postgres.acquire`.

    Raises:
        LocalPostgresError: when Postgres cannot be started here.
    """
    return local_postgres.acquire(data_dir, APPLICATION, serving=serving)
