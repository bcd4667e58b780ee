"""Sign-in with the organisation's own accounts: the way to its OpenID Connect provider, and what must hold on the way back."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from desk.id_token import TokenRefused
from desk.permissions import Role
from desk.provider import TIMEOUT, Provider, ProviderDown
from desk.registration import Registration
from desk.store import Seconds

AWAY_SECONDS = 10 * 60
_LONGEST_SUBJECT = 200
_LONGEST_NAME = 50
# The provider's own words are not repeated; of its codes only those that the standard names.
_CODES = {
    "access_denied", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "login_required", "server_error",
    "temporarily_unavailable", "unauthorized_client", "unsupported_response_type",
}  # fmt: skip


class Refused(Exception):
    """No entry. The text is a reason of ours for the operator's log, never shown to whoever stands at the door."""


@dataclass(frozen=True)
class Departure:
    """`address` is where the browser goes; `sealed` is what it must bring back."""

    address: str
    sealed: str


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider vouches for."""

    issuer: str
    subject: str
    name: str
    role: Role


class OpenId:
    """One for each process. `key` seals what the browser carries, so that any worker can take it back."""

    def __init__(self, registration: Registration, key: bytes, clock: Seconds) -> None:
        self._registration = registration
        self._clock = clock
        self._provider = Provider(registration, clock)
        derived = HKDF(SHA256(), 32, None, b"handrail openid departure").derive(key)
        self._seal = Fernet(base64.urlsafe_b64encode(derived))

    async def begin(self) -> Departure:
        """The way to the provider. Raises ProviderDown."""
        metadata = await self._provider.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        carried = json.dumps({"state": state, "nonce": nonce, "verifier": verifier}).encode()
        return Departure(address, self._seal.encrypt_at_time(carried, int(self._clock())).decode())

    async def back(self, sealed: str, query: Mapping[str, str]) -> Arrival:
        """Who came back, from what the browser brought and the query that the provider sent. Raises Refused, ProviderDown."""
        carried = self._opened(sealed)
        if not hmac.compare_digest(query.get("state", "").encode(), carried["state"].encode()):
            raise Refused("the state is not the one of this browser")
        metadata = await self._provider.metadata()
        self._check_sender(metadata, query)
        if "error" in query:
            raise Refused(f"the provider answered {_known(query['error'])}")
        if not query.get("code"):
            raise Refused("the provider sent no code")
        async with self._client(metadata) as client:
            token = await self._token(client, metadata, query["code"], carried["verifier"])
            try:
                claims = await self._provider.checked(str(token.get("id_token", "")), carried["nonce"])
            except TokenRefused as error:
                raise Refused(f"the ID token does not hold: {error}") from None
            subject = _subject(claims)
            if self._registration.claim not in claims and metadata.get("userinfo_endpoint"):
                claims = {**await self._user_info(client, metadata["userinfo_endpoint"], subject), **claims}
        role = self._registration.role_of(claims.get(self._registration.claim))
        if role is None:
            raise Refused("nothing that the person's claim holds gives a role")
        return Arrival(self._registration.issuer, subject, _name(claims), role)

    def _opened(self, sealed: str) -> dict[str, str]:
        try:
            carried = self._seal.decrypt_at_time(sealed.encode(), AWAY_SECONDS, int(self._clock()))
        except InvalidToken:
            raise Refused("the browser brought nothing of ours, or too late") from None
        opened: dict[str, str] = json.loads(carried)
        return opened

    def _check_sender(self, metadata: Mapping[str, Any], query: Mapping[str, str]) -> None:
        # RFC 9207: an answer of another provider is not taken for one of ours.
        named = "iss" in query or metadata.get("authorization_response_iss_parameter_supported") is True
        if named and query.get("iss") != self._registration.issuer:
            raise Refused("the answer is not from our provider")

    def _client(self, metadata: Mapping[str, Any]) -> Any:
        ours = self._registration
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "none" if not ours.secret else "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return AsyncOAuth2Client(
            ours.client, ours.secret, token_endpoint_auth_method=way, scope=ours.scope, redirect_uri=ours.back,
            code_challenge_method="S256", timeout=TIMEOUT, verify=self._provider.trust, leeway=0,
        )  # fmt: skip

    async def _token(self, client: Any, metadata: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        try:
            token: Mapping[str, Any] = await client.fetch_token(
                metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
            )
        except OAuthError as error:
            raise Refused(f"the provider refused the code: {_known(error.error)}") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderDown(type(error).__name__) from None
        return token

    async def _user_info(self, client: Any, address: str, subject: str) -> Mapping[str, Any]:
        try:
            response = await client.get(address)
            response.raise_for_status()
            told = response.json()
        except (httpx2.HTTPError, OAuthError, ValueError) as error:
            raise ProviderDown(type(error).__name__) from None
        if not isinstance(told, dict) or told.get("sub") != subject:
            raise Refused("what the provider tells of the person is of somebody else")
        return told


def _subject(claims: Mapping[str, Any]) -> str:
    subject = str(claims["sub"])
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isascii() or not subject.isprintable():
        raise Refused("the subject cannot be kept")
    return subject


def _name(claims: Mapping[str, Any]) -> str:
    for claim in ("name", "preferred_username", "email", "sub"):
        held = claims.get(claim)
        name = " ".join("".join(c if c.isprintable() else " " for c in held).split()) if isinstance(held, str) else ""
        if name:
            return name[:_LONGEST_NAME].strip()
    raise Refused("the person has no name")


def _known(code: object) -> str:
    return code if isinstance(code, str) and code in _CODES else "something else"
