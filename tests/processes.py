"""Which processes are at work, to see that none is left behind and to end those that a test means to end."""

from contextlib import suppress
from pathlib import Path

import psutil


def postmaster(data_dir: Path) -> psutil.Process | None:
    """The leading process of the Postgres of a data directory, by the note that it keeps; None when it is gone."""
    try:
        noted = (data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().split()
        process = psutil.Process(int(noted[0]))
        return process if process.name() == "postgres" and lives(process) else None
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return None


def lives(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and is still to be buried does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def at_work_in(folder: Path) -> list[str]:
    """The command lines of the processes that work in a folder, or name it on their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if lives(process) and (str(folder) in words or Path(process.cwd()).is_relative_to(folder)):
                found.append(words)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def end_postgres(data_dir: Path) -> None:
    """End the Postgres of a data directory without asking, if a test left one running."""
    leader = postmaster(data_dir)
    for process in [leader, *leader.children()] if leader else []:
        with suppress(psutil.NoSuchProcess):
            process.kill()
