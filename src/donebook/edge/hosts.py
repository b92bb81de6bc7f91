"""Whether a request was meant for this server: a foreign name is how a web page reaches a local one (DNS rebinding)."""

import re
from functools import lru_cache

from donebook.settings import Settings

HOST = re.compile(
    r"(?:(?P<name>[\w.~-]+)|\[(?P<address>[0-9a-f.]*:[0-9a-f:.]*)\])(?::\d{0,5})?", re.ASCII | re.IGNORECASE
)


KNOWN = 64  # the names last asked for, whose answers are kept


class Hosts:
    """The names that this server answers to."""

    def __init__(self, settings: Settings) -> None:
        self.names = {host.strip("[]").lower() for host in settings.hosts}
        self.domains = tuple(name.removeprefix("*") for name in self.names if name.startswith("*."))

        self._own = lru_cache(KNOWN)(self._is_own)

    def own(self, given: list[bytes]) -> bool:
        """Whether the one `Host` is ours; none, several or a malformed one never are (RFC 9112, section 3.2)."""
        return len(given) == 1 and self._own(given[0])

    def _is_own(self, given: bytes) -> bool:
        host = HOST.fullmatch(given.decode("latin-1"))
        if host is None:
            return False
        name = (host["name"] or host["address"]).lower()
        return "*" in self.names or name in self.names or name.endswith(self.domains)
