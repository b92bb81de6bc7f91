"""The first server as a process of its own, and how its refusals compare with ours."""

import json
from pathlib import Path
from typing import Any

import httpx
from bench.contestant import FASTAPI
from bench.install import install

from tests.contract.expect import refused
from tests.server import Server

STRICTER = [
    ("string_pattern_mismatch", ["body", "title"]),
    ("string_pattern_mismatch", ["body", "description"]),
    ("string_too_long", ["body", "description"]),
    ("string_unicode", ["body", "description"]),
]
"""Members that the first server took: with NUL, endless, or with half of a surrogate pair, at which it failed later."""


class FirstServer(Server):
    """`first_server.py`, in the environment that has FastAPI already."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        python = install(FASTAPI) / ".venv" / "bin" / "python"
        place = ("--app-dir", str(Path(__file__).parent), "--port", str(self.port), "--log-level", "warning")
        self.command = [python, "-m", "uvicorn", "first_server:app", *place]


def same_refusal(first: httpx.Response, ours: httpx.Response) -> None:
    """Compare our 422 with the first server's answer to the same request."""
    faults = refused(ours, 422)["detail"]
    also = [fault for fault in faults if (fault["type"], fault["loc"]) not in STRICTER]
    if json.detect_encoding(first.request.content) != "utf-8":  # it takes UTF-16, UTF-32 and byte order marks
        assert {fault["type"] for fault in also} == {"json_invalid"}, first.request.content
    elif first.status_code == 422:
        assert told(also) == told(first.json()["detail"]), first.request.content
    elif first.status_code in (200, 201, 404):  # it takes NaN
        assert {fault["type"] for fault in also} <= {"json_invalid"}, first.request.content
    else:  # it failed: to read the bytes (400), or to write what it had read (500)
        assert first.status_code in (400, 500)


def told(faults: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What clients read of each fault. Why a body is not JSON is said by Python in words that change."""
    return [
        (fault["type"], fault["loc"], fault["msg"], fault.get("ctx") if fault["type"] != "json_invalid" else None)
        for fault in faults
    ]
