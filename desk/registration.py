"""How the desk is known at the organisation's OpenID Connect provider, checked before anything rests on it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from desk.permissions import Role

BACK = "/staff/openid/back"


class RegistrationRefused(ValueError):
    """A setting of the sign-in with the organisation's accounts is missing or not safe; the text names it."""


@dataclass(frozen=True)
class Registration:
    """`back` is where the provider sends people back. The first of `roles` whose value a person's `claim` holds is their role."""

    issuer: str
    client: str
    secret: str | None = field(repr=False)
    back: str
    claim: str
    roles: Mapping[str, Role]
    scope: str

    def __post_init__(self) -> None:
        if not safe_address(self.issuer):
            raise RegistrationRefused("HANDRAIL_OPENID_ISSUER must be an https address without a query")
        if not self.client:
            raise RegistrationRefused("HANDRAIL_OPENID_CLIENT is missing: the desk's client id at the provider")
        if not safe_address(self.back) or not self.back.endswith(BACK):
            raise RegistrationRefused(f"HANDRAIL_OPENID_BACK must be the desk's own https address and end with {BACK}")
        if not self.roles:
            raise RegistrationRefused("HANDRAIL_OPENID_ROLES is missing: without it nobody could sign in")
        if "openid" not in self.scope.split():
            raise RegistrationRefused("HANDRAIL_OPENID_SCOPE must hold openid")

    def role_of(self, held: object) -> Role | None:
        """The role for what a person's claim holds: one value or a list of them."""
        values = held if isinstance(held, list) else [held]
        return next((role for value, role in self.roles.items() if value in values), None)


def safe_address(text: object) -> bool:
    """Whether it is an https address; plain http only on this very machine."""
    if not isinstance(text, str):
        return False
    try:
        address = urlsplit(text)
        host = address.hostname or ""
    except ValueError:
        return False
    if not host or address.username or address.query or address.fragment:
        return False
    return address.scheme == "https" or (address.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
