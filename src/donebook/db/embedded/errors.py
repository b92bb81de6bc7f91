"""Why the local Postgres cannot be had, in words for a terminal."""

import os
import re
import signal
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS

COMPLAINT = re.compile(r"\b(?:FATAL|PANIC|ERROR|error): +(.*)")
OF_THE_DISK = tuple(os.strerror(code) for code in (ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM, EIO))


class EmbeddedError(Exception):
    """The local Postgres cannot be had; the message is a sentence or two for a terminal."""


def complaint(output: str, code: int) -> str:
    """What a PostgreSQL program that ended with `code` complained about: one clause, without a full stop."""
    complaints = COMPLAINT.findall(output)
    for line in complaints:
        if line.endswith(OF_THE_DISK):
            return str(line)
    if "Check free disk space" in output:  # a hint that PostgreSQL gives when only a part could be written
        return os.strerror(ENOSPC)
    if complaints:
        return str(complaints[0])
    if code < 0:
        return f"it was ended by a signal ({signal.strsignal(-code) or -code})"
    spoken = [line for line in output.splitlines() if line.strip()]
    return spoken[-1].strip() if spoken else f"it ended with exit code {code}"
