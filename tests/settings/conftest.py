"""What the tests of settings share: `donebook serve`, run to its end."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server import DONEBOOK, environment, free_port

type Serve = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Run `donebook serve`, or another command, that is expected to end by itself; settings as keywords."""

    def serve(*command: str, **settings: object) -> subprocess.CompletedProcess[str]:
        if "DATABASE_URL" in settings:  # it may come so far as to listen, beside others
            settings.setdefault("PORT", free_port())
        return subprocess.run(
            [DONEBOOK, *(command or ("serve",))],
            cwd=tmp_path,
            env=environment(**settings),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return serve


def said(run: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line that a refusal to start consists of, once it is sure that it is one."""
    assert run.returncode == code, run.stderr
    assert run.stdout == ""
    assert run.stderr.endswith("\n")
    [line] = run.stderr.splitlines()
    assert line.startswith("donebook: ")
    assert "Traceback" not in line
    return line
