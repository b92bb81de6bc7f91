"""The paths of the files in a data directory, and how these files are written."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from local_postgres.application import Application
from local_postgres.errors import LocalPostgresError

# PostgreSQL's own limit (MAXPGPATH) is 1,024 bytes for a path with all that follows the cluster's directory.
LONGEST_PATH = 900


class Layout:
    """The paths under the data directory of an application; `cluster_name` is shown in process lists."""

    def __init__(self, data: Path, application: Application) -> None:
        self.application = application
        if any(ord(char) < 32 for char in str(data)):
            raise LocalPostgresError(
                f"The data directory {str(data)!r} has a control character in its name; choose another."
            )
        self.data = data.expanduser().resolve()
        self.root = self.data / "postgres"
        self.cluster = self.root / "cluster"
        self.log = self.root / "postgres.log"
        self.last_start = self.root / "last-start.json"
        self.password_file = self.root / f"{application.role}.password"
        self.superuser_password_file = self.root / "postgres.password"
        self.serve_lock = self.data / "serve.lock"
        self.start_lock = self.root / "starting.lock"
        self.users_lock = self.root / "users.lock"
        self.alive_lock = self.root / "alive.lock"
        self.cluster_name = f"{application.name}-{sha256(os.fsencode(self.cluster)).hexdigest()[:16]}"
        if len(os.fsencode(self.cluster)) > LONGEST_PATH:
            raise LocalPostgresError(
                f"The path of the data directory {self.data} is too long for PostgreSQL; choose another."
            )

    @property
    def has_cluster(self) -> bool:
        """Whether a complete cluster that we may use exists; anything else in its place is refused, never removed."""
        owner = self.cluster.stat().st_uid if self.cluster.exists() else os.geteuid()
        if os.geteuid() not in (0, owner):
            raise LocalPostgresError(
                f"The cluster in {self.cluster} belongs to user ID {owner}; run {self.application.title} as that user "
                "or as root."
            )
        if (self.cluster / "PG_VERSION").is_file() and (self.cluster / "global/pg_control").is_file():
            return True
        if self.cluster.is_dir() and not any(self.cluster.iterdir()):
            return False
        if os.path.lexists(self.cluster):
            raise LocalPostgresError(
                f"{self.cluster} is not a whole PostgreSQL cluster; restore it from a backup or move it away."
            )
        return False

    @property
    def unfinished_clusters(self) -> list[Path]:
        """The clusters whose creation was interrupted."""
        return list(self.root.glob("cluster.new-*"))

    def create_directories(self) -> bool:
        """Create the directories that are missing; return whether the data directory was one of them.

        Root creates it with mode 0711, since the account that runs Postgres is not known before `restrict_access`.
        """
        if os.path.lexists(self.data) and not self.data.is_dir():
            raise LocalPostgresError(f"The data directory {self.data} is a file; name a directory.")
        new = not self.data.exists()
        if new:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self.data.chmod(0o711)
        if not self.root.exists():
            self.root.mkdir(mode=0o700, exist_ok=True)
            match_owner(self.root, self.data)
        return new

    def restrict_access(self, uid: int, *, new: bool) -> None:
        """Let only the cluster's owner reach the cluster; a data directory that existed before keeps its mode."""
        mode = 0o700 if uid in (os.geteuid(), self.root.stat().st_uid) else 0o711
        if new:
            self.data.chmod(mode)
        if self.root.stat().st_uid == os.geteuid() or os.geteuid() == 0:
            self.root.chmod(mode)

    def remove_unfinished(self) -> None:
        """Remove unfinished clusters; call it only when no process can still be creating one."""
        for path in self.unfinished_clusters:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def match_owner(created: int | Path, directory: Path) -> None:
    """As root, give a new file to the owner of its directory, so that root never locks an ordinary user out."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(created, owner.st_uid, owner.st_gid)


def write_private(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write a file with mode 0600 atomically; with `sync` it is on disk when this returns."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            match_owner(fd, path.parent)
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
    """Flush a directory's entries to disk, so that a rename survives a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
