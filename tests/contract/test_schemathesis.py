"""Schemathesis reads the OpenAPI document and finds no answer that it does not allow."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.server import ROOT, Server

EXAMPLES = 40
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
CONFIG = Path(__file__).with_name("schemathesis.toml")
ENDLESS = "followChanges"  # whose answer has no end: tests/feed has read it
PROGRAM = Path(sys.executable).with_name("schemathesis")
EXPLORE = "Always the same requests; for others:"
EXPLORE += f" SCHEMATHESIS_HOOKS={HOOKS} schemathesis --config-file {CONFIG} run URL --checks all -n 1000"
EXPLORE += f" --exclude-operation-id {ENDLESS}"


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path):
    url = f"{server.url}/openapi.json"
    print(EXPLORE)
    paths = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"].values()
    run = subprocess.run(
        [
            *(PROGRAM, "--config-file", CONFIG, "run", url, "--checks", "all"),
            *("--exclude-operation-id", ENDLESS),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--generation-database", "none", "--no-color", "--warnings", "off"),
        ],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert f"Tested: {sum(len(path) for path in paths) - 1}" in run.stdout, run.stdout
    assert "No issues found" in run.stdout, run.stdout
