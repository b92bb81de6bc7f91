"""Real reverse proxies before a real server: nginx and Caddy, each with a rule that nobody deletes through it."""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.server import free_port
from tests.waiting import wait_until

# Upgrades are passed on as for WebSockets, and connections to the server are kept for the requests of other clients.
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/errors.log info;
events {{ worker_connections 128; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_timeout 10s;
    client_body_timeout 10s;
    keepalive_timeout 10s;
    lingering_close off;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    upstream donebook {{ server 127.0.0.1:{server}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            limit_except GET POST PUT PATCH {{ deny all; }}
            proxy_pass http://donebook;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_request_buffering {buffering};
        }}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    servers {{
        timeouts {{
            read_header 10s
            read_body 10s
            idle 10s
        }}
    }}
}}
http://:{port} {{
    bind 127.0.0.1
    @delete method DELETE
    respond @delete 403
    reverse_proxy 127.0.0.1:{server}
}}
"""
PROXIES = ("nginx", "nginx-streaming", "caddy")


def program(name: str) -> str:
    """Where a proxy is installed; without it the test is skipped, but fails in CI."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and in CI it must be: .ci/tools")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


class Proxy:
    """A proxy before the server on a port, from `with` to its end."""

    def __init__(self, kind: str, folder: Path, server: int) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.output = folder / "output.log"
        settings = folder / "settings"
        if kind == "caddy":
            settings.write_text(CADDY.format(port=port, server=server))
            self.argv = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(settings)]
        else:
            buffering = "off" if kind == "nginx-streaming" else "on"
            settings.write_text(NGINX.format(folder=folder, port=port, server=server, buffering=buffering))
            self.argv = [program("nginx"), "-e", str(folder / "errors.log"), "-p", str(folder), "-c", str(settings)]
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(self.folder))
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.argv,
                cwd=self.folder,
                env=os.environ | homes,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(self._listens)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False
