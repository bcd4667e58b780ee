"""What an ID token must say and who must have signed it before anybody is let in by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

# Signatures whose secret half only the provider has: never "none", never one made with a secret that we know too.
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
SKEW_SECONDS = 60
_KINDS = ("RSA", "EC", "OKP")
_SMALLEST_RSA = 2048


class TokenRefused(Exception):
    """The token proves nothing; the text names what failed, in words of the standard's own list."""


class UnknownKey(TokenRefused):
    """None of the keys at hand has signed it: the provider may have changed them."""


def key_set(published: Mapping[str, Any]) -> KeySet:
    """The keys with which a provider may sign. Raises UnknownKey where it publishes none that we take."""
    rows = published.get("keys")
    keys = []
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or row.get("kty") not in _KINDS or row.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key({name: value for name, value in row.items() if name != "d"})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if row["kty"] != "RSA" or key.public_key.key_size >= _SMALLEST_RSA:  # type: ignore[union-attr]
            keys.append(key)
    if not keys:
        raise UnknownKey("the provider publishes no key that we take")
    return KeySet(keys)


def checked_claims(token: str, keys: KeySet, issuer: str, client: str, nonce: str, now: int) -> Mapping[str, Any]:
    """The claims, where signature, issuer, audience, times and nonce hold. Raises TokenRefused, UnknownKey."""
    wanted: Any = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client},
        "sub": {"essential": True},
    }
    try:
        read = jwt.decode(token, keys, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))
        claims = CodeIDToken(read.claims, read.header, options=wanted, params={"nonce": nonce, "client_id": client})
        claims.validate(now=now, leeway=SKEW_SECONDS)
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise UnknownKey(error.error) from None
    except JoseError as error:
        raise TokenRefused(error.error) from None
    except (ValueError, TypeError, KeyError) as error:
        # A token can be broken in more ways than the library has names for.
        raise TokenRefused(type(error).__name__) from None
    return dict(claims)
