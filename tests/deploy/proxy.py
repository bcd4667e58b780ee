"""A real nginx with deploy/proxy/nginx.conf as it stands, but for its ports, its folder for temporary files and its upstream."""

from __future__ import annotations

import datetime
import http.client
import os
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.services import ROOT, free_port

CONFIGURATION = ROOT / "deploy" / "proxy" / "nginx.conf"


class Proxy:
    """Before the Handrail on each of `upstreams` (ports of this machine), on ports of its own.

    `close` stops it and removes its files.
    """

    def __init__(self, *upstreams: int) -> None:
        self._user: str | None = "nobody" if os.geteuid() == 0 else None
        # pytest's own folders admit nobody else.
        self.folder = Path(tempfile.mkdtemp(prefix="handrail-proxy-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.port, self.plain_port = free_port(), free_port()
        for name in ("tls", "html", "tmp"):
            (self.folder / name).mkdir()
        for name in ("down.html", "down.json", "large.html", "large.json"):
            shutil.copy(ROOT / "deploy" / "proxy" / name, self.folder / "html")
        _certify(self.folder / "tls")
        self.log = self.folder / "log.txt"
        self.log.touch()
        text = CONFIGURATION.read_text(encoding="utf-8")
        for here, there in {
            "listen 8443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen 8080;": f"listen 127.0.0.1:{self.plain_port};",
            # As a name with several addresses, of which none is left out because it refused before.
            "http {": f"http {{ upstream web {{ {' '.join(f'server 127.0.0.1:{port} max_fails=0;' for port in upstreams)} }}",
            "set $handrail web:8000;": "set $handrail web;",
        }.items():
            assert text.count(here) == 1, here
            text = text.replace(here, there)
        (self.folder / "nginx.conf").write_text(text.replace(" /tmp/", f" {self.folder}/tmp/"), encoding="utf-8")
        if self._user:
            for path in (self.folder / "tmp", self.log, *(self.folder / "tls").iterdir()):
                shutil.chown(path, self._user)
        self._start()

    def _start(self) -> None:
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "nginx is missing: make services"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"],
                user=self._user, stdout=log, stderr=log,
            )  # fmt: skip
        for _ in range(200):
            assert self._process.poll() is None, self.log.read_text()
            try:
                self.ask("GET", "/metrics")
            except OSError:
                time.sleep(0.05)
            else:
                break
        # The master has made them by now; from here on no file of a body or of an answer can be made in them.
        self.stores = sorted(path for path in (self.folder / "tmp").iterdir() if path.is_dir())
        for path in self.stores:
            path.chmod(0o500)
            if self._user:
                shutil.chown(path, "root")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *, plain: bool = False
    ) -> http.client.HTTPResponse:
        """One request over TLS (or `plain`), its path sent as it is; the response has been read into `.text`."""
        line: http.client.HTTPConnection
        if plain:
            line = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=60)
        else:
            line = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=self.trusted)
        line.request(method, path, body, dict(headers or {}))
        response = line.getresponse()
        response.text = response.read().decode(errors="replace")  # type: ignore[attr-defined]
        line.close()
        return response

    @property
    def trusted(self) -> ssl.SSLContext:
        """What a client needs that is to believe this proxy."""
        return ssl.create_default_context(cafile=str(self.folder / "tls" / "fullchain.pem"))

    def close(self) -> None:
        """Stops it and removes its files."""
        self._process.terminate()
        self._process.wait(timeout=20)
        shutil.rmtree(self.folder)


def _certify(folder: Path) -> None:
    """A certificate for localhost that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
