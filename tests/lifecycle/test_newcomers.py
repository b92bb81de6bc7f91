"""A new checkout on an unprepared machine: what works there, and what is said where something is missing."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.server import ROOT, environment

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".data", "node_modules", "dist", "__pycache__", ".*_cache"
)
NO_BROWSER = "install chromium, or set CHROMIUM"
TESTS = """
from tests.e2e.conftest import browser
from tests.rights import MOUNTING, may_mount, require

async def test_a_browser(browser):
    assert browser.is_connected()

def test_a_disk():
    require(may_mount(), MOUNTING)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the checkout in a folder whose name is hard to quote: all is installed, nothing is built."""
    folder = tmp_path / "two words, it's $HOME, 100% größer"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)
    for installed in (".venv", ".cache", "frontend/node_modules"):
        if (ROOT / installed).exists():
            (folder / installed).symlink_to(ROOT / installed)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without a browser, without `unshare` and without internet."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "id", "uv", "cat", "dirname"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    nowhere = {"PLAYWRIGHT_BROWSERS_PATH": tmp_path / "browsers", "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:1"}
    return environment() | {"PATH": str(programs), "CHROMIUM": "", "CI": ""} | {k: str(v) for k, v in nowhere.items()}


def test_the_web_app_is_built_in_a_folder_of_any_name(copy: Path):
    built = make(copy, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    assert (copy / "frontend/dist/index.html").exists()
    assert list((copy / "frontend/dist/assets").glob("*.js.br"))


def test_a_python_that_is_too_old_is_said_in_one_line(copy: Path):
    """As on Debian 12 without internet: there is no Python 3.13, and uv cannot fetch one."""
    (copy / ".venv").unlink()
    uv = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PYTHON_PREFERENCE": "only-managed",
        "UV_PYTHON_INSTALL_DIR": str(copy / "none"),
    }
    failed = make(copy, "setup", uv)
    assert failed.returncode != 0
    said = [line for line in failed.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1
    assert said[0].startswith("Donebook needs Python 3.13, or internet for uv to fetch it")


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_browser_that_cannot_be_fetched_is_said_in_one_line(bare: dict[str, str], ci: str, code: int):
    """In CI nothing may be missing."""
    tools = run([ROOT / ".ci/tools"], bare | {"CI": ci})
    assert tools.returncode == code, tools.stderr
    assert [line for line in tools.stderr.splitlines() if "PgBouncer" not in line] == [
        f"There is no browser, and none can be fetched: the browser tests are skipped; {NO_BROWSER}"
    ]


@pytest.mark.parametrize(("ci", "outcomes"), [("", "2 skipped"), ("true", "1 failed, 1 error")])
def test_tests_that_lack_something_are_skipped_and_in_ci_fail(
    bare: dict[str, str], tmp_path: Path, ci: str, outcomes: str
):
    (tmp_path / "test_lacking.py").write_text(TESTS)
    options: list[str | Path] = ["-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider"]
    tests = run([sys.executable, "-m", "pytest", *options, tmp_path / "test_lacking.py"], bare | {"CI": ci})
    assert outcomes in tests.stdout.splitlines()[-1], tests.stdout + tests.stderr
    assert NO_BROWSER in tests.stdout
    assert "takes root or user namespaces" in tests.stdout


def make(folder: Path, target: str, variables: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """What `make` says of a target in a folder; no variable of the make that runs the tests gets there."""
    inherited = {name: value for name, value in environment().items() if not name.startswith(("MAKE", "MFLAGS"))}
    return run(["make", "-C", folder, "--no-print-directory", target], inherited | (variables or {}))


def run(argv: Sequence[str | Path], variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """What a program says, started in the checkout."""
    return subprocess.run(argv, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
