"""Somebody who uses the local Postgres in a process of its own: `user.py serve|command DATA_DIR [UID]`.

It says in one line of JSON what it got, or why not, and releases it when its standard input ends. With a UID it becomes
that user first, with everything loaded that it may not be able to read afterwards.
"""

import encodings.idna  # noqa: F401
import json
import logging
import os
import sys
from pathlib import Path

from donebook.db.local import acquire
from local_postgres import LocalPostgresError


def main(role: str, data_dir: str, uid: str | None = None) -> None:
    """Acquire, wait, release."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if uid is not None:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    try:
        embedded = acquire(Path(data_dir), serving=role == "serve")
    except LocalPostgresError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    print(
        json.dumps({"url": embedded.url, "pid": embedded.pid, "started": embedded.started, "data": str(embedded.data)}),
        flush=True,
    )
    sys.stdin.read()
    embedded.release()
    print(json.dumps({"released": True}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
