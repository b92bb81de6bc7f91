"""A server whose only workspace is another than the usual one, so that two workspaces of one database can be asked."""

import sys
from pathlib import Path

from tests.server import Server

CODE = """
import sys
from uuid import UUID
from donebook.accounts import models
models.DEFAULT_WORKSPACE = UUID(sys.argv.pop())
from donebook.cli import main
main()
"""


class Served(Server):
    """`donebook serve` for one workspace."""

    def __init__(self, directory: Path, workspace: str, **settings: object) -> None:
        directory.mkdir()
        super().__init__(directory, **settings)
        self.command = [sys.executable, "-c", CODE, "serve", workspace]
