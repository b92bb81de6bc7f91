"""A disk that is really full: who writes is told so, who reads notices nothing, and room is all that it takes."""

import subprocess
import sys

from tests.rights import MOUNTING, may_mount, require
from tests.server import ROOT


def test_tables_without_room():
    """`make chaos` has the other disks: Postgres itself ends when its log has no room, which takes longer."""
    require(may_mount(), MOUNTING)
    trial = [sys.executable, "-m", "tests.chaos.disks", "tables"]
    run = subprocess.run(trial, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "writers: {'503 full, in 30 s': " in run.stdout
    assert "faults: []" in run.stdout
