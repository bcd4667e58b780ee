"""Signed statements of what was held and is now gone (Ed25519), so that a deletion can be shown to somebody else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """Signs the exact bytes of `statement` as JSON with sorted keys and no spaces."""

    def __init__(self, private_key: str | None = None, held_in: str = "memory, encrypted") -> None:
        self._held_in = held_in
        raw = base64.b64decode(private_key, validate=True) if private_key else None
        self._key = Ed25519PrivateKey.from_private_bytes(raw) if raw else Ed25519PrivateKey.generate()

    def deletion(self, held_bytes: int) -> dict[str, Any]:
        """What was held and is gone. It names no conversation, so that it cannot be tied to a person."""
        statement = {
            "what": "conversation deleted",
            "held_bytes": held_bytes,
            "held_in": [self._held_in],
            "copies_elsewhere": 0,
            "deleted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        return {"statement": statement, "signature": self._signature(statement), "public_key": self.public_key}

    @property
    def public_key(self) -> str:
        """The public key, base64, as published under /.well-known/handrail-key."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def verdict(self, pasted: str) -> Literal["true", "earlier", "false"]:
        """Whether `pasted` is a whole statement, as it was given out, with a signature of this key.

        `earlier` for one that is whole under another key, which may have been this service's or anybody's: nobody can tell.
        """
        try:
            whole = json.loads(pasted)
            signed, signature = canonical(whole["statement"]), base64.b64decode(whole["signature"], validate=True)
            if _fits(self._key.public_key(), signature, signed):
                return "true"
            named = Ed25519PublicKey.from_public_bytes(base64.b64decode(whole["public_key"], validate=True))
            return "earlier" if _fits(named, signature, signed) else "false"
        except (ValueError, TypeError, KeyError, RecursionError):
            return "false"

    def _signature(self, statement: dict[str, Any]) -> str:
        return base64.b64encode(self._key.sign(canonical(statement))).decode()


def _fits(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def canonical(statement: dict[str, Any]) -> bytes:
    """The bytes that are signed."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
