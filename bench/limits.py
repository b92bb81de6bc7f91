"""The database by itself: pgbench executing Donebook's own statements, with the log's triggers and without."""

import re
import subprocess
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench import data
from bench.cluster import Cluster, execute
from bench.contestant import CREATE, DELETE, GET, LIST, UPDATE
from bench.wrk import Measured
from donebook.accounts.models import DEFAULT_WORKSPACE
from donebook.db.caller import Caller
from donebook.db.local import APPLICATION
from donebook.db.statement import Statement
from donebook.tasks import repository
from donebook.tasks.listing import Listing
from local_postgres.server import find_programs

RATE = re.compile(r"tps = ([\d.]+)")
PLACEHOLDER = re.compile(r"\$(\d+)")
STATEMENTS: dict[str, Statement[Any]] = {
    LIST: Listing().statement(first=True),
    GET: repository.ONE,
    CREATE: repository.CREATE,
    UPDATE: repository.EDIT,
    DELETE: repository.TRASH,
}
FASTEST = 30_000  # deletes a second that there are enough tasks for
ENOUGH = 100  # executions to speak of
PAGE = 50


def script(operation: str, tasks: int, clients: int, workspaces: int) -> str:
    """What each of pgbench's clients does again and again: one of Donebook's statements with other values each time."""
    statement = STATEMENTS[operation]
    values: dict[str, object] = {
        "id": data.ID.format(n=":n"),
        "workspace": data.workspace(":w"),
        "title": "'Buy milk ' || :n::bigint",
        "description": "'Two bottles, the blue ones, and something for the cat'" if operation == CREATE else "NULL",
        "describe": False,
        "completed": operation == UPDATE,
        "versions": None,
        "limit": PAGE,
    }
    arguments = statement.arguments(values)
    text = statement.sql
    if statement.writes:
        text = statement.announced
        who = Caller(workspace=DEFAULT_WORKSPACE).setting(quiet=statement.quiet)
        arguments += [values["workspace"], f"'{who}'"]
    filled = PLACEHOLDER.sub(lambda found: f"({literal(arguments[int(found[1]) - 1])})", text)
    number = f"\\set i :i + 1\n\\set n {tasks} + (:i - 1) * {clients} + :client_id + 1"
    if operation != DELETE:
        number = f"\\set n random(1, {tasks})"
    return f"{number}\n\\set w :n % {workspaces}\n{' '.join(filled.split())};\n"


def literal(value: object) -> str:
    """SQL of a value; a text is SQL already."""
    return "NULL" if value is None else str(value)


def measure(
    cluster: Cluster,
    operation: str,
    folder: Path,
    *,
    tasks: int,
    seconds: float,
    clients: int = 32,
    workspaces: int = 1,
    triggers: bool = True,
) -> Measured:
    """What the database does at most.

    Raises:
        SystemExit: when it had nothing left to do, or has done next to nothing.
    """
    name = f"donebook_{workspaces}"
    url = cluster.create("pgbench", template=f"{name}_template")
    if operation == DELETE:
        data.fill(url, tasks + 1, tasks + round(FASTEST * seconds), donebook=True, spread=workspaces > 1)
    if not triggers:
        execute(url, "ALTER TABLE tasks DISABLE TRIGGER USER")
    cluster.settle()
    file, logged = folder / "script.sql", folder / "transactions"
    file.write_text(script(operation, tasks, clients, workspaces))
    command = [
        str(find_programs(APPLICATION) / "bin" / "pgbench"),
        "-n",
        "-M",
        "prepared",
        "-c",
        str(clients),
        "-j1",
        "-T",
        str(max(1, round(seconds))),
    ]
    command += ["-D", "i=0", "-f", str(file), "--log", f"--log-prefix={logged}", url]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr}")
        times = [int(line.split()[2]) / 1000 for one in folder.glob("transactions.*") for line in one.open()]
    finally:
        for one in folder.glob("transactions.*"):
            one.unlink()
        cluster.drop("pgbench")
    if operation == DELETE and len(times) > FASTEST * seconds:
        raise SystemExit("pgbench has deleted all there was")
    if len(times) < ENOUGH:
        raise SystemExit(
            f"pgbench: {operation} was executed {len(times)} times in {seconds:g} s; let it run for longer"
        )
    cuts = quantiles(times, n=100)
    rate = float(RATE.findall(done.stdout)[0])
    return Measured(requests=len(times), seconds=len(times) / rate, p50=cuts[49], p99=cuts[98], refused=0, broken=0)


def prepare(cluster: Cluster, tasks: int) -> None:
    """Donebook's database, with one workspace that has tasks and with 100."""
    for workspaces in (1, data.WORKSPACES):
        url = cluster.create(f"donebook_{workspaces}_template")
        data.migrated(url)
        data.fill(url, 1, tasks, donebook=True, spread=workspaces > 1)
