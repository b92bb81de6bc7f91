"""Where everything of the local Postgres lies, and how its files are written."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from donebook.db.embedded.errors import EmbeddedError

# PostgreSQL's own limit (MAXPGPATH) is 1,024 bytes for a path with all that follows the cluster's directory.
LONGEST_PATH = 900


class Layout:
    """The paths under one data directory; `mark` names its processes in a process list."""

    def __init__(self, data: Path) -> None:
        if any(ord(char) < 32 for char in str(data)):
            raise EmbeddedError(
                f"The data directory {str(data)!r} has a control character in its name; choose another."
            )
        self.data = data.expanduser().resolve()
        self.root = self.data / "postgres"
        self.cluster = self.root / "cluster"
        self.log = self.root / "postgres.log"
        self.last_start = self.root / "last-start.json"
        self.password = self.root / "donebook.password"
        self.superuser_password = self.root / "postgres.password"
        self.serving = self.data / "serve.lock"
        self.starting = self.root / "starting.lock"
        self.users = self.root / "users.lock"
        self.alive = self.root / "alive.lock"
        self.mark = f"donebook-{sha256(os.fsencode(self.cluster)).hexdigest()[:16]}"
        if len(os.fsencode(self.cluster)) > LONGEST_PATH:
            raise EmbeddedError(
                f"The path of the data directory {self.data} is too long for PostgreSQL; choose another."
            )

    @property
    def finished(self) -> bool:
        """Whether a whole cluster of ours is here; whatever else stands in its place is refused, never removed."""
        owner = self.cluster.stat().st_uid if self.cluster.exists() else os.geteuid()
        if os.geteuid() not in (0, owner):
            raise EmbeddedError(
                f"The cluster in {self.cluster} belongs to user ID {owner}; run Donebook as that user or as root."
            )
        if (self.cluster / "PG_VERSION").is_file() and (self.cluster / "global/pg_control").is_file():
            return True
        if self.cluster.is_dir() and not any(self.cluster.iterdir()):
            return False
        if os.path.lexists(self.cluster):
            raise EmbeddedError(
                f"{self.cluster} is not a whole PostgreSQL cluster; restore it from a backup or move it away."
            )
        return False

    @property
    def unfinished(self) -> list[Path]:
        """Clusters that were being made when their maker was stopped."""
        return list(self.root.glob("cluster.new-*"))

    def make(self) -> bool:
        """Make the directories that are missing; whether the data directory was one of them.

        Made by root, it lets others pass through but not look, until `admit` knows whether anybody has to.
        """
        if os.path.lexists(self.data) and not self.data.is_dir():
            raise EmbeddedError(f"The data directory {self.data} is a file; name a directory.")
        new = not self.data.exists()
        if new:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self.data.chmod(0o711)
        if not self.root.exists():
            self.root.mkdir(mode=0o700, exist_ok=True)
            own(self.root, self.data)
        return new

    def admit(self, uid: int, *, new: bool) -> None:
        """Let the cluster's owner through to it, and nobody else; a data directory that was there keeps its mode."""
        passage = 0o700 if uid in (os.geteuid(), self.root.stat().st_uid) else 0o711
        if new:
            self.data.chmod(passage)
        if self.root.stat().st_uid == os.geteuid() or os.geteuid() == 0:
            self.root.chmod(passage)

    def sweep(self) -> None:
        """Remove unfinished clusters; call it only when no process can still be at work on one."""
        for path in self.unfinished:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def own(made: int | Path, directory: Path) -> None:
    """As root, give what we made to the owner of its directory, so that root never locks an ordinary owner out."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(made, owner.st_uid, owner.st_gid)


def write_private(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write a file that only its owner reads: all of it or nothing; with `sync` it is on the disk when this returns."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            own(fd, path.parent)
            file.write(content)
            file.flush()
            if sync:
                os.fsync(fd)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if sync:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to the disk, so that a rename outlives a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
