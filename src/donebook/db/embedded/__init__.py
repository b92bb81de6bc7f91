"""The local Postgres, which Donebook starts itself when it is not told of another.

    DATA_DIR/
        serve.lock               held by the one `donebook serve`; holds its PID
        postgres/
            cluster/             PostgreSQL's own files; whole, or not there
            cluster.new-…        a cluster being made; renamed when whole, removed when its maker was stopped
            donebook.password    of the role that owns the database, 0600
            postgres.password    of the superuser, 0600
            last-start.json      port, PID and build of the last start
            postgres.log         what Postgres says; postgres.log.1 what it said before
            starting.lock        held by whoever creates, starts or stops Postgres: one at a time
            users.lock           shared by all who use Postgres; the last one stops it
            alive.lock           held by every process of Postgres itself

Locks are flocks: they end with their holder, so a `kill -9` leaves nothing to clear away. Postgres itself lives on
after one, and the next user adopts it. It listens on 127.0.0.1 only, on a port that it keeps from start to start if
it can, and asks everybody for a password.
"""

from donebook.db.embedded.errors import EmbeddedError
from donebook.db.embedded.use import Embedded, acquire

__all__ = ["Embedded", "EmbeddedError", "acquire"]
