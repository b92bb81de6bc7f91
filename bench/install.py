"""Install contestants, each with what its own lock names, apart from each other and from Donebook.

`python -m bench.install fastapi_sqlmodel` installs those that are named by their folder, without names all of them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.contestant import CACHE, CONTESTANTS, PROGRAMS, ROOT, Contestant

LOCKS = ("uv.lock", "package-lock.json")


def install(contestant: Contestant) -> Path:
    """The folder of a contestant's program and what it needs, installed unless it was before.

    Raises:
        SystemExit: when it cannot be installed.
    """
    if contestant.folder is None:
        return ROOT
    source, target = PROGRAMS / contestant.folder, CACHE / contestant.folder
    lock = next(source / name for name in LOCKS if (source / name).exists())
    done = target / ".installed"
    fresh = done.exists() and done.read_bytes() == lock.read_bytes()
    shutil.copytree(
        source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", "node_modules", "__pycache__")
    )
    if not fresh:
        print(f"Installing {contestant.name}", flush=True)
        scripts = ROOT / ".venv" / "bin"
        if lock.suffix == ".json":
            command: list[str | Path] = [scripts / "npm", "ci", "--loglevel=error", "--no-progress"]
        else:
            command = [uv(), "sync", "--locked", "--quiet", "--compile-bytecode", "--python", sys.executable]
        unset = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PROJECT")}
        path = {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
        if subprocess.run(command, cwd=target, env=unset | path, check=False).returncode:
            raise SystemExit(f"{contestant.name} cannot be installed")
        done.write_bytes(lock.read_bytes())
    return target


def uv() -> Path | str:
    """Where uv is: the system's, else the one that make fetched.

    Raises:
        SystemExit: when there is none.
    """
    own = ROOT / ".cache" / "uv" / "bin" / "uv"
    found = own if own.exists() else shutil.which("uv")
    if found is None:
        raise SystemExit("The contestants in Python are installed by uv, which is not here; `make setup` fetches it")
    return found


def main(folders: list[str]) -> None:
    """Install the contestants of those folders, or all."""
    for contestant in CONTESTANTS:
        if contestant.folder in folders or not folders:
            install(contestant)


if __name__ == "__main__":
    main(sys.argv[1:])
