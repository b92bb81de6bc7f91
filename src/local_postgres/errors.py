"""The error of this package, and the reason for it, read from the output of PostgreSQL's programs."""

import os
import re
import signal
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS

ERROR_LINE = re.compile(r"\b(?:FATAL|PANIC|ERROR|error): +(.*)")
DISK_ERRORS = tuple(os.strerror(code) for code in (ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM, EIO))


class LocalPostgresError(Exception):
    """The local Postgres is not available; the message is a sentence or two for a terminal."""


def failure_reason(output: str, code: int) -> str:
    """Return why a PostgreSQL program failed with `code`: one clause, without a full stop."""
    lines = ERROR_LINE.findall(output)
    for line in lines:
        if line.endswith(DISK_ERRORS):
            return str(line)
    if "Check free disk space" in output:  # PostgreSQL's hint after a partial write
        return os.strerror(ENOSPC)
    if lines:
        return str(lines[0])
    if code < 0:
        return f"it was ended by a signal ({signal.strsignal(-code) or -code})"
    output_lines = [line for line in output.splitlines() if line.strip()]
    return output_lines[-1].strip() if output_lines else f"it ended with exit code {code}"
