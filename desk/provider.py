"""What the OpenID Connect provider publishes, its addresses and its keys: kept for a while, fetched anew when needed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2

from desk.id_token import UnknownKey, checked_claims, key_set
from desk.registration import Registration, safe_address
from desk.store import Seconds

TIMEOUT = 5.0
_KEPT_SECONDS = 3600
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderDown(Exception):
    """The provider cannot be reached, or what it publishes cannot be used."""


class Provider:
    """One for each process."""

    def __init__(self, registration: Registration, clock: Seconds) -> None:
        self._registration = registration
        self._clock = clock
        # Reading the machine's certificates takes a tenth of a second, so it is done once.
        self.trust = httpx2.create_ssl_context()
        self._kept: dict[str, tuple[float, Mapping[str, Any]]] = {}

    async def metadata(self) -> Mapping[str, Any]:
        """The provider's addresses. Raises ProviderDown."""
        where = self._registration.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = await self._published(where)
        try:
            self._check(found)
        except ProviderDown:
            self._kept.pop(where, None)
            raise
        return found

    def _check(self, found: Mapping[str, Any]) -> None:
        if found.get("issuer") != self._registration.issuer:
            raise ProviderDown("it names another issuer than HANDRAIL_OPENID_ISSUER")
        for name in (*_NEEDED, "userinfo_endpoint"):
            if (name in _NEEDED or name in found) and not safe_address(found.get(name)):
                raise ProviderDown(f"its {name} is not an https address")

    async def checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that holds. Raises TokenRefused, ProviderDown."""
        ours, where = self._registration, (await self.metadata())["jwks_uri"]
        for anew in (False, True):
            published = await self._published(where, anew=anew)
            try:
                return checked_claims(token, key_set(published), ours.issuer, ours.client, nonce, int(self._clock()))
            except UnknownKey:
                # Providers change their keys; once is enough to learn of it.
                if anew:
                    raise
        raise AssertionError("unreachable")

    async def _published(self, address: str, *, anew: bool = False) -> Mapping[str, Any]:
        at, kept = self._kept.get(address, (0.0, {}))
        if kept and not anew and 0 <= self._clock() - at < _KEPT_SECONDS:
            return kept
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, verify=self.trust) as client, asyncio.timeout(2 * TIMEOUT):
                response = await client.get(address, headers={"accept": "application/json"})
            response.raise_for_status()
            found = response.json()
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise ProviderDown(type(error).__name__) from None
        if not isinstance(found, dict):
            raise ProviderDown("it publishes no object")
        self._kept[address] = (self._clock(), found)
        return found
