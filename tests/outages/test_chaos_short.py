"""The full run, `python -m tests.chaos.full`, in short: each thing happens once, and nothing is timed."""

from pathlib import Path

import pytest

from tests.chaos.history import Outcome
from tests.chaos.outages import AFTER, siege
from tests.database.clusters import EMBEDDED, kinds
from tests.outages.pgbouncer import pgbouncers
from tests.outages.site import DIRECT, POOLED

BEFORE = 20  # acknowledged writes
OTHERS = (list(pgbouncers()) or [POOLED])[-1], kinds()[-1]
"""The newest pooler, with prepared statements, and the oldest PostgreSQL that there are: both in one run."""


@pytest.mark.parametrize(("mode", "postgres"), sorted({(DIRECT, EMBEDDED), OTHERS}))
async def test_nothing_is_lost_doubled_or_untrue_whatever_happens_to_the_database(
    mode: str, postgres: str, tmp_path: Path
):
    async with siege(mode, tmp_path, postgres=postgres, frozen=1, before=BEFORE, REQUEST_TIMEOUT=6) as besieged:
        server = besieged.site.server.process
        for event in besieged.events:
            await besieged.round(event)
        assert besieged.faults == {}
        assert besieged.history.figures[Outcome.DONE] >= len(besieged.events) * (BEFORE + AFTER)
        assert await besieged.site.metric("donebook_requests_total", status="500") == 0
        assert besieged.site.server.process is server
        assert server is not None
        assert server.poll() is None
