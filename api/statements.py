"""Signed statements of what was held and is now gone (Ed25519), so that a deletion can be shown to somebody else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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

    def vouches_for(self, pasted: str) -> bool:
        """Whether `pasted` is a whole statement, as it was given out, with a signature of this key."""
        try:
            whole = json.loads(pasted)
            signed, signature = canonical(whole["statement"]), base64.b64decode(whole["signature"], validate=True)
            self._key.public_key().verify(signature, signed)
        except (InvalidSignature, ValueError, TypeError, KeyError, RecursionError):
            return False
        return True

    def _signature(self, statement: dict[str, Any]) -> str:
        return base64.b64encode(self._key.sign(canonical(statement))).decode()


def canonical(statement: dict[str, Any]) -> bytes:
    """The bytes that are signed."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
