"""Become an ordinary user in a user namespace of our own (Linux), then run a program: `namespace.py UID GID PROGRAM …`.

PostgreSQL refuses to run as root. In the namespace it runs as UID, while outside of it every file still belongs to the
caller. Run as a script by a fresh interpreter, because a process with threads cannot unshare its user namespace.
See user_namespaces(7).
"""

import contextlib
import os
import sys
from pathlib import Path


def main(uid: str, gid: str, program: str, *arguments: str) -> None:
    """Replace this process by the program, or raise OSError when the system allows no namespace."""
    if sys.platform != "linux":
        raise OSError("user namespaces exist on Linux only")
    caller, group = os.geteuid(), os.getegid()
    with contextlib.suppress(PermissionError):
        os.setgroups([])
    os.unshare(os.CLONE_NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {caller} 1"),
        ("gid_map", f"{gid} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)
    os.execv(program, [program, *arguments])  # noqa: S606


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit(f"error: no user namespace can be made here: {error.strerror or error}")
