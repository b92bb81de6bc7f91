"""A copy of the checkout, to run commands in as its developers do, and to write revisions in that nobody keeps."""

import shutil
import subprocess
from pathlib import Path

from tests.database.catalogue import HEAD
from tests.server import DONEBOOK, ROOT, environment, free_port

PATIENCE = 120  # s: for a command that cannot go on, on a slow machine
REVISION = '''"""{says}.

It is the tests'.
"""

from alembic import op

revision = "{number}"
down_revision = "{after}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute({up!r})


def downgrade() -> None:
    op.execute({down!r})
'''
SETTING_UP = ("src", "migrations", "pyproject.toml")


class Checkout:
    """The copy, in a folder that need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in SETTING_UP:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)

    @property
    def revisions(self) -> set[Path]:
        """The files of its revisions."""
        return set((self.folder / "migrations" / "versions").glob("*.py"))

    def start(self, program: str, *arguments: str, **settings: object) -> subprocess.Popen[str]:
        """`donebook …` or `litestar …`, running; its code is that of the copy."""
        settings.setdefault("PORT", free_port())
        return subprocess.Popen(
            [DONEBOOK.with_name(program), *arguments],
            cwd=self.folder,
            env=environment(**settings) | {"PYTHONPATH": str(self.folder / "src")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, program: str, *arguments: str, **settings: object) -> tuple[int, str]:
        """Its exit code and all that it said."""
        with self.start(program, *arguments, **settings) as process:
            return finish(process)

    def database(self, program: str, *arguments: str, **settings: object) -> str:
        """What a `… database …` command that must succeed says."""
        code, output = self.run(program, "database", *arguments, **settings)
        assert code == 0, output
        return output

    def revise(self, says: str, up: str, down: str, *, number: str = "9999", after: str | None = HEAD) -> str:
        """Add a revision, after the last one if nothing else is said: one SQL statement, and one that takes it back.

        Returns the name of its file, for `edit`.
        """
        name = f"migrations/versions/{number}_{says.lower().replace(' ', '_')}.py"
        text = REVISION.format(says=says, number=number, after=after, up=up, down=down)
        (self.folder / name).write_text(text)
        return name

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one of its files, which must have what is to be replaced."""
        path = self.folder / name
        text = path.read_text()
        assert old in text, name
        path.write_text(text.replace(old, new, 1))


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and all that was said, when it ends; it is not left running in any case."""
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, output
