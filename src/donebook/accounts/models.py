"""Whose things are whose."""

from uuid import UUID

from donebook.db.models import Entity

DEFAULT_WORKSPACE = UUID("00000000-0000-7000-8000-000000000000")
"""The one workspace of a server without accounts; the first migration makes it."""


class Workspace(Entity):
    """A person's or a team's things; every row but this belongs to one."""

    __tablename__ = "workspaces"
