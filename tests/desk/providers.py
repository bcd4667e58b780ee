"""Providers of OpenID Connect for the tests: a real one in its own process, and a rogue one that says what it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from bench.services import ROOT, free_port

SECRET = "the secret that desk and provider share"


class RealProvider:
    """panva's oidc-provider under Node."""

    def __init__(self, back: str) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        node = Path(sys.executable).with_name("node")
        assert (ROOT / "node_modules" / "oidc-provider").exists(), "oidc-provider is missing: make node_modules/.installed"
        self._process = subprocess.Popen(
            [str(node), str(ROOT / "tests" / "desk" / "provider.mjs"), str(self.port), back, SECRET],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        """Kills it at once."""
        if self._process.poll() is None:
            # Node itself is a child of the script that stands for it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=10)


class RogueProvider:
    """A provider over HTTP that has its own keys and gives whatever token it was told to give."""

    def __init__(self) -> None:
        self.key = self.new_key("first")
        self.token: Any = None
        self.user_info: Mapping[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.token_status = 200
        self.asked: list[dict[str, str]] = []
        self.fetched: list[str] = []
        rogue = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                rogue.fetched.append(self.path)
                page = rogue._page(self.path)
                self._say(page, 200 if page is not None else 404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                rogue.asked.append({name: values[0] for name, values in parse_qs(body).items()})
                self._say(rogue.token, rogue.token_status)

            def _say(self, value: Any, status: int = 200) -> None:
                said = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @staticmethod
    def new_key(kid: str) -> RSAKey:
        """A key pair of 2048 bits."""
        return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})

    def claims(self, client: str, nonce: str) -> dict[str, Any]:
        """Claims that are right in every way."""
        now = int(time.time())
        return {
            "iss": self.issuer, "sub": "rogue-7", "aud": client, "exp": now + 300, "iat": now, "nonce": nonce,
            "name": "Rosa Rogue", "groups": ["advice"],
        }  # fmt: skip

    def sign(self, claims: Mapping[str, Any], key: Any = None, **header: Any) -> str:
        """An ID token, signed with the key that is published unless another is given."""
        header = {"alg": "RS256", "kid": "first", **header}
        return jwt.encode(header, dict(claims), key or self.key, algorithms=[header["alg"]])

    def gives(self, id_token: str | None) -> None:
        """What the token endpoint answers from now on."""
        self.token = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
        if id_token is not None:
            self.token["id_token"] = id_token

    def stop(self) -> None:
        """Nobody listens any more."""
        self._server.shutdown()
        self._server.server_close()

    def _page(self, path: str) -> Any:
        if path == "/jwks":
            return KeySet([self.key]).as_dict(private=False)
        if path == "/me":
            return dict(self.user_info)
        if path != "/.well-known/openid-configuration":
            return None
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/me",
            **self.metadata,
        }
