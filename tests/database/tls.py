"""A PostgreSQL that speaks TLS: the system's own, since the embedded one cannot."""

import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.outages.cluster import Cluster
from tests.outages.made import made

MISSING = "there is no PostgreSQL with TLS here, or no openssl"
HOST = "localhost"  # what the certificate is for
CAREFUL = "careful"  # a role that the server lets in with TLS only

# As the manual says: https://www.postgresql.org/docs/current/ssl-tcp.html#SSL-CERTIFICATE-CREATION
CONFIGURATION = """
[req]
distinguished_name = name
[name]
[v3_ca]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer
basicConstraints = critical, CA:true
"""


class Authority:
    """One that signs itself; `certificate` is what clients are given as `sslrootcert`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        configuration = folder / "openssl.cnf"
        configuration.write_text(CONFIGURATION)
        extended: tuple[str | Path, ...] = ("-extfile", configuration, "-extensions", "v3_ca")
        self._certify(name, self.certificate, self.key, "-signkey", self.key, *extended)

    def sign(self, host: str) -> tuple[Path, Path]:
        """The certificate of a server of that name, and its key."""
        certificate, key = self.folder / f"{host}-{self.name}.crt", self.folder / f"{host}-{self.name}.key"
        self._certify(host, certificate, key, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial")
        return certificate, key

    def _certify(self, name: str, certificate: Path, key: Path, *signer: str | Path) -> None:
        request = certificate.with_suffix(".csr")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")  # which is quicker to make than RSA
        openssl("req", "-new", *curve, "-nodes", "-out", request, "-keyout", key, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-days", "365", *signer, "-out", certificate)


def openssl(*words: str | Path) -> None:
    """Run it; what it says shows when it fails."""
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@dataclass
class Encrypted:
    """The server, the authority that its clients are to trust, and another one."""

    cluster: Cluster
    authority: Authority
    stranger: Authority

    def url(self, host: str, query: str, role: str = "donebook") -> str:
        """Its database, with `{root}` and `{stranger}` in the query replaced by certificates."""
        credentials = self.cluster.url.rpartition("@")[0].replace("donebook", role)
        query = query.format(root=self.authority.certificate, stranger=self.stranger.certificate)
        return f"{credentials}@{host}:{self.cluster.made.port}/donebook?{query}"

    def show(self, authority: Authority) -> None:
        """Have it show a certificate of that authority from its next start, or `reload`, on."""
        for made_file, name in zip(authority.sign(HOST), ("server.crt", "server.key"), strict=True):
            there = Path(shutil.copy(made_file, self.cluster.data / name))
            there.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(there, self.cluster.made.account.uid, self.cluster.made.account.gid)

    async def reload(self) -> None:
        """Take the new certificate, and end every connection of Donebook."""
        await self.cluster.admin("SELECT pg_reload_conf()")
        await self.cluster.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'donebook'")


@asynccontextmanager
async def encrypted(kind: str, folder: Path) -> AsyncIterator[Encrypted]:
    """One of those of `kinds()`, running."""
    with made(kind, folder / "data") as new:
        cluster = Cluster(new)
        there = Encrypted(cluster, Authority(folder, "root"), Authority(folder, "stranger"))
        there.show(there.authority)
        rules = new.data / "pg_hba.conf"
        rules.write_text(f"hostnossl all {CAREFUL} all reject\n{rules.read_text()}")
        cluster.start("-c", "ssl=on")
        try:
            await cluster.ready()
            password = new.passwords["donebook"]
            await cluster.admin(f"CREATE ROLE {CAREFUL} LOGIN PASSWORD '{password}'")
            yield there
        finally:
            cluster.stop(signal.SIGQUIT)
            cluster.gone()
