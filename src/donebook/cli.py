"""`donebook serve`, and Litestar's own commands under `donebook …`."""

import gc
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
from litestar import Litestar
from msgspec import structs

from donebook import settings
from donebook.settings import Settings

APP = "donebook.asgi:create_app"
RELOADED = "donebook.cli:reloaded"
LAST_REQUESTS = 10  # s: how long running requests may take to finish after a stop
LAST_LOCAL_REQUESTS = 2  # s: the same on a laptop, where somebody waits for the prompt
KEEP_ALIVE = 75  # s: longer than the 60 s of common proxies, so that it is they who close idle connections
SOURCES = [str(Path(__file__).parents[1] / package) for package in ("donebook", "local_postgres")]
UNSENT = 128 * 1024  # bytes that the kernel keeps for a client: with more, we could not see that it reads slowly
WAIT_FOR_DATABASE = 30  # s: how long the start waits for a database that does not answer yet

os.environ.setdefault("LITESTAR_APP", APP)  # `litestar …` loads this module first, and so finds the application


def main() -> None:
    """The `donebook` command."""
    # Past Litestar's group, which would make an application of its own, only to ask it for commands.
    if sys.argv[1:2] == ["serve"]:
        serve.main(sys.argv[2:], prog_name="donebook serve")

    from alembic.util import CommandError
    from litestar.cli.main import litestar_group

    try:
        litestar_group(prog_name="donebook")
    except CommandError as problem:
        stop(str(problem))


def stop(message: str) -> NoReturn:
    """End the process with one line for people."""
    sys.exit(f"donebook: {message}")


@click.command
@click.option("--reload", is_flag=True, help="Restart when the code changes (for development).")
def serve(reload: bool) -> None:
    """Serve the web app and the API; start and migrate the local database as needed."""
    run(settings.load_or_exit(), reload=reload)


@click.group
def log() -> None:
    """The change log."""


@log.command("new-epoch")
def new_epoch() -> None:
    """Have all who follow the log begin anew: after the database was restored to an earlier state."""
    import asyncio

    from donebook.asgi import database
    from donebook.changes.epoch import renew

    renewed = asyncio.run(renew(database(settings.load_or_exit()).get_engine()))
    print(f"The log has a new epoch in {renewed} workspace{'' if renewed == 1 else 's'}.")


def run(chosen: Settings, *, reload: bool) -> None:
    """Serve until told to stop, then leave nothing behind that was started here."""
    import uvicorn

    from donebook import logs, tracing
    from donebook.http.protocol import Protocol, Shared
    from donebook.server import Server, connections_allowed

    if chosen.tracing and not tracing.available():
        settings.refuse("TRACING=true: expected the extra `tracing` to be installed (uv sync --extra tracing)")
    logs.configure(chosen)
    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks to outlive the terminal
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with ExitStack() as stack:
        listener = listen(chosen, stack)
        local = chosen.database_url is None
        chosen = with_database(chosen, stack)
        migrate(chosen)
        print(banner(chosen, local=local), flush=True)
        options: dict[str, Any] = {
            "loop": "uvloop",
            "http": partial(Protocol, shared=Shared(chosen, connections_allowed(chosen))),
            "ws": "none",
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "timeout_graceful_shutdown": LAST_LOCAL_REQUESTS if local else LAST_REQUESTS,
            "timeout_keep_alive": KEEP_ALIVE,
        }
        if reload:
            listener.close()
            os.environ["DATABASE_URL"] = chosen.database_url or ""
            options |= {
                "host": chosen.host,
                "port": chosen.port,
                "reload_dirs": SOURCES,
            }
            uvicorn.run(RELOADED, factory=True, reload=True, **options)
        else:
            from donebook.asgi import create_app

            app = create_app(chosen)
            gc.set_threshold(20_000, 20, 20)  # a list of a thousand tasks is no reason to look for garbage ten times
            gc.freeze()  # what is here now stays: the collector need not look at it again and again
            Server(uvicorn.Config(app, **options), app.state["edge"]).run(sockets=[listener])


def reloaded() -> Litestar:
    """The application in a process that `--reload` starts anew after each change."""
    from donebook import logs
    from donebook.asgi import create_app

    chosen = settings.load_or_exit()
    logs.configure(chosen)
    return create_app(chosen)


def leave(*_: object) -> NoReturn:
    """End the process, undisturbed: nobody's impatience may leave a Postgres behind. It takes a few seconds at most."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(0)


def listen(chosen: Settings, stack: ExitStack) -> socket.socket:
    """The socket that requests come in by, opened before anything else is started."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        listener = socket.create_server((chosen.host.strip("[]"), chosen.port), family=family, backlog=2048)
    except OSError as problem:
        stop(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}; set HOST or PORT")
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    return stack.enter_context(listener)


def with_database(chosen: Settings, stack: ExitStack) -> Settings:
    """The settings with a database: the local one is started when none is named, and stopped at the end."""
    if chosen.database_url is not None:
        return chosen
    from donebook.db.local import acquire
    from local_postgres import LocalPostgresError

    try:
        postgres = acquire(chosen.data_dir, serving=True)
    except LocalPostgresError as problem:
        stop(str(problem))
    stack.callback(postgres.release)
    return structs.replace(chosen, database_url=postgres.url)


def migrate(chosen: Settings) -> None:
    """Bring the database to this version, or say what stands against it and stop."""
    from donebook.asgi import database
    from donebook.db import migrations
    from donebook.db.errors import DATABASE_ERRORS, from_database
    from donebook.db.migrations import State
    from donebook.problems import Unavailable

    until = time.monotonic() + WAIT_FOR_DATABASE
    while True:
        try:
            revision = migrations.current_revision_now(database(chosen))
            pending = migrations.state(revision) is State.PENDING
            if pending and chosen.auto_migrate:
                migrations.upgrade(database(chosen))
                return
            break
        except DATABASE_ERRORS as error:
            if type(from_database(error, writing=False)) is not Unavailable or time.monotonic() > until:
                stop(f"cannot use the database {chosen.target().display}: {migrations.reason(error)}")
            time.sleep(0.5)
    if pending:
        stop("the database lacks migrations that this version needs; run: donebook database upgrade")
    if why := migrations.refusal(revision):
        stop(why)


def banner(chosen: Settings, *, local: bool) -> str:
    """Where it is, where the data lies, and how to stop it."""
    host = f"[{chosen.host.strip('[]')}]" if ":" in chosen.host else chosen.host
    where = chosen.data_dir.resolve() if local else chosen.target().display

    return f"""
  Donebook   http://{host}:{chosen.port}
  API docs   http://{host}:{chosen.port}/docs
  Data       {where}

  Stop with Ctrl-C.
"""
