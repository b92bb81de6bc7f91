"""The browser that the tests use: the system's own, else the one that Playwright brought."""

import os
import shutil
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_options() -> dict[str, Any]:
    """What Playwright's `launch` is to be given here."""
    args = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]
    found = next((path for name in (os.environ.get("CHROMIUM"), *NAMES) if name and (path := shutil.which(name))), None)
    return {"args": args} | ({"executable_path": found} if found else {})
