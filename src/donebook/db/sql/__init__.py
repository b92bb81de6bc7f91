"""Today's functions and triggers: one file each, or one for a few that belong together. Migrations install them.

The first line of a file names it and its version. A migration installs `("find_tasks", 1)`, and must always install the
same text. So a file is changed together with its version, and the text that was there before is kept as
`versions/find_tasks.1.sql`. `tests/database/test_functions.py` holds this.
"""

import re
from importlib.resources import files

from alembic import op

FOLDER = files(__name__)
HEADER = re.compile(r"-- (?P<name>\w+), version (?P<version>\d+)\n")
END = re.compile(r";\n\n(?=\S)|;\n\Z")
"""The end of a statement: a blank line follows and then, unlike inside a function, text that is not indented."""


def install(name: str, version: int) -> None:
    """Run the statements of a file as part of a migration."""
    for statement in statements(name, version):
        op.execute(statement)


def statements(name: str, version: int) -> list[str]:
    """Return the statements of a version of a file, in the order in which they run.

    Raises:
        LookupError: when there is no such version.
    """
    for file in (FOLDER / f"{name}.sql", FOLDER / "versions" / f"{name}.{version}.sql"):
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        header = HEADER.match(text)
        if header is not None and (header["name"], int(header["version"])) == (name, version):
            return [statement for statement in END.split(text) if statement]
    raise LookupError(f"there is no version {version} of {name}.sql")
