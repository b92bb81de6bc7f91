"""What was answered with 2xx stays so across restarts."""

from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import httpx
import pytest

from tests.server import Server


@pytest.mark.parametrize("how", [SIGTERM, SIGINT, SIGKILL], ids=lambda how: how.name)
def test_tasks_stay_as_they_were_answered_when_the_server_is_started_again(tmp_path: Path, database_url: str, how):
    first = Server(tmp_path, DATABASE_URL=database_url)
    with first, httpx.Client(base_url=first.url, timeout=30) as client:
        made = [client.post("/tasks", json={"title": f"Task {n} 🧀", "description": "x" * n}).json() for n in range(6)]
        changed = client.put(f"/tasks/{made[1]['id']}", json={"title": "Changed", "completed": True}).json()
        assert client.delete(f"/tasks/{made[3]['id']}").status_code == 204
        first.stop(how)

    second = Server(tmp_path, DATABASE_URL=database_url)
    with second, httpx.Client(base_url=second.url, timeout=30) as client:
        kept = [made[0], changed, made[2], made[4], made[5]]
        assert client.get("/tasks").json() == kept
        assert client.delete(f"/tasks/{made[3]['id']}").status_code == 404
        later = client.post("/tasks", json={"title": "Later"}).json()
        assert client.get("/tasks").json() == [*kept, later]
