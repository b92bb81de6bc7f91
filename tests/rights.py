"""What some tests need from the system. Where it is missing they are skipped with the reason; in CI they fail."""

import os
import socket
import subprocess
import sys
import tempfile
from functools import cache

import pytest

from tests.outages.proxy import drop_packets

BROWSER = "the browser tests need a browser: install chromium, or set CHROMIUM"
MOUNTING = "this test mounts a disk, which takes root or user namespaces (unshare -Urm)"
FILTERING = "this test drops a socket's packets, which takes SO_ATTACH_FILTER (Linux)"


def require(present: object, reason: str) -> None:
    """Skip the test that calls this when something is missing; in CI (`CI=true`), where nothing may be, fail it."""
    if present:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI it must run")
    pytest.skip(reason)


@cache
def may_mount() -> bool:
    """Whether a disk can be mounted in a mount namespace, which an ordinary user needs a user namespace for."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="donebook-tests-") as folder:
        namespace = ["unshare", "--mount" if os.geteuid() == 0 else "-Urm", "--"]
        mount = ["mount", "-t", "tmpfs", "tmpfs", folder]
        try:
            return subprocess.run([*namespace, *mount], capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False


@cache
def may_filter() -> bool:
    """Whether packets that come to a socket can be dropped."""
    with socket.socket() as unconnected:
        try:
            drop_packets(unconnected)
        except OSError:
            return False
    return True
