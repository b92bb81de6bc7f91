"""On whose behalf something is done."""

from uuid import UUID

from msgspec import Struct

ANYBODY = "anybody"
"""The actor of a server without accounts."""
DONEBOOK = "donebook"
"""The actor of what Donebook does by itself, such as emptying the trash."""


class Caller(Struct, frozen=True, kw_only=True, gc=False):
    """Whose workspace, who asks, and in which request: what statements are scoped to, and the log tells."""

    workspace: UUID
    actor: str = ANYBODY
    request_id: str = "-"

    def setting(self, *, quiet: bool = False, undoes: tuple[int, int] | None = None) -> str:
        """The value of `donebook.caller`, which the triggers of the log read (see `sql/caller.sql`)."""
        first, last = undoes or ("-", "-")
        return f"{self.actor} {self.request_id} {first} {last} {'quiet' if quiet else '-'}"
