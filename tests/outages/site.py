"""A Donebook whose database, and the way to it, can be hurt; direct, and as behind a transaction pooler."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import jsonschema_rs

from tests.conftest import NO_TLS, execute
from tests.contract.expect import faults, refused
from tests.contract.shape import resolved
from tests.outages.pgbouncer import PgBouncer, pgbouncers
from tests.outages.proxy import Proxy
from tests.server import Server

DIRECT = "direct"
POOLED = next(iter(pgbouncers()), "pooled")
"""Without PgBouncer the proxy is taken for the pooler: Donebook then talks as it would to one."""

QUICK = {"POOL_SIZE": 3, "POOL_TIMEOUT": 0.5, "STATEMENT_TIMEOUT": 2, "CONNECT_TIMEOUT": 4, "REQUEST_TIMEOUT": 6}
"""Times in seconds, short so that the tests are."""

PATIENCE = 60.0  # s: much longer than any answer may take


@dataclass
class Site:
    """The server, a client of it, and the proxy between it and the database (or the pooler before the database)."""

    server: Server
    proxy: Proxy
    http: httpx.AsyncClient
    database_url: str
    pooled: bool
    pooler: PgBouncer | None = None
    document: dict[str, Any] | None = None
    read: int = 0

    @property
    def database(self) -> str:
        """The name of the database."""
        return urlsplit(self.database_url).path.removeprefix("/")

    async def sql(self, statement: str) -> list[asyncpg.Record]:
        """What a statement gives on the database itself."""
        return await execute(self.database_url, statement)

    async def script(self, statements: str) -> None:
        """Execute several statements on the database itself, in one transaction."""
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    async def add(self, title: str = "There before") -> str:
        """The id of a new task."""
        answer = await self.http.post("/tasks", json={"title": title})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def titles(self) -> list[str]:
        """What is stored, asked of the database itself."""
        listed = "SELECT title FROM tasks WHERE deleted_at IS NULL ORDER BY ordinal"
        return [row["title"] for row in await self.sql(listed)]

    async def warm(self) -> None:
        """Have Donebook hold a connection that works."""
        assert (await self.http.get("/tasks")).status_code == 200

    async def metric(self, name: str, **labels: str) -> float:
        """What the server counts under a name, over all labels that are not given."""
        total = 0.0
        for line in (await self.http.get("/metrics")).text.splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(f'{key}="{said}"' in series for key, said in labels.items()):
                total += float(value)
        return total

    async def refused(self, answer: httpx.Response, status: int, kind: str, retry_after: int | None = None) -> None:
        """Check that an answer is the problem of that type, says when to try again or does not, and is documented."""
        assert answer.status_code == status, answer.text
        if status == 422:
            assert faults(answer) == [(kind, ["body"])]
        else:
            assert refused(answer, status)["type"] == kind
        assert answer.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
        if self.document is None:
            self.document = resolved((await self.http.get("/openapi.json")).json())
        path = "/tasks" if answer.request.url.path == "/tasks" else "/tasks/{task_id}"
        promised = self.document["paths"][path][answer.request.method.lower()]["responses"][str(status)]
        content = promised["content"]["application/json"]
        jsonschema_rs.validate(content["schema"], answer.json())
        if status != 422:
            assert kind in [example["value"]["type"] for example in content["examples"].values()]

    def news(self) -> list[dict[str, Any]]:
        """What the server has logged since this was last asked, save its lines of access and what it says at start."""
        lines = self.server.log().splitlines()
        fresh, self.read = lines[self.read :], len(lines)
        events = [json.loads(line) for line in fresh if line.startswith("{")]
        return [event for event in events if event["logger"] != "donebook.access"]


@asynccontextmanager
async def site(mode: str, url: str, directory: Path, **settings: object) -> AsyncIterator[Site]:
    """A site on a database, on the way of that name, from start to stop."""
    async with AsyncExitStack() as stack:
        pooler = None
        if mode != DIRECT:
            settings = {"DATABASE_POOLER": "transaction", "DATABASE_DIRECT_URL": url} | settings
        if kind := pgbouncers().get(mode):
            pooler = await stack.enter_async_context(PgBouncer(url, kind))
        proxy = await stack.enter_async_context(Proxy(pooler.url if pooler else url))
        server = Server(directory, **{"DATABASE_URL": proxy.url, "LOG_FORMAT": "json", **settings})
        async with running(server):
            http = httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, verify=NO_TLS, limits=UNLIMITED)
            async with http:
                yield Site(server, proxy, http, url, mode != DIRECT, pooler)


UNLIMITED = httpx.Limits(max_connections=None, max_keepalive_connections=None)


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[None]:
    """The server from start to stop; our event loop, in which the proxy lives, goes on meanwhile."""
    await asyncio.to_thread(server.start)
    try:
        yield
    finally:
        try:
            await asyncio.to_thread(server.stop)
        finally:
            server.kill()


def keyed(key: str) -> Mapping[str, str]:
    """The header of an idempotency key."""
    return {"Idempotency-Key": key}
