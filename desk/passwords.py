"""Passwords and codes of local accounts: Argon2, one-time codes, and what is refused because everybody would guess it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from functools import lru_cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SHORTEST, LONGEST = 12, 200
_STEP_SECONDS = 30
# A step that lies further ahead than this of one that is right now belongs to no code yet.
STEPS_AHEAD = 2
_NONCE_BYTES = 12
# What other programs ship with, and what people choose first; none may open a desk, whatever its length.
_GUESSED = (
    "handrail",
    "password",
    "admin",
    "administrator",
    "changeme",
    "letmein",
    "welcome",
    "secret",
    "default",
    "qwerty",
    "test",
)
_LONGER = ("password1234", "password123456", "handrailhandrail", "adminadminadmin", "123456789012")
_hasher = PasswordHasher()


class PasswordRefused(ValueError):
    """The password is too short, or one that would be guessed first."""


def hashed(password: str, name: str) -> str:
    """The Argon2 hash to store; raises PasswordRefused."""
    if len(password) < SHORTEST:
        raise PasswordRefused(f"the password needs at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise PasswordRefused(f"the password can have {LONGEST} characters at most")
    if _would_be_guessed(password, name):
        raise PasswordRefused("the password would be guessed first")
    return _hasher.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether it is the password. Without a stored one the same work is done, so that the time tells nothing."""
    # Worked out for whoever is first, not for the first unknown name.
    nobody = _nobody()
    try:
        return _hasher.verify(stored or nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def default_password(stored: str, name: str) -> str | None:
    """The default password that opens the account, if one does."""
    return next((guess for guess in _defaults(name) if fits(stored, guess)), None)


def new_totp() -> str:
    """A new secret for an app that shows codes."""
    return pyotp.random_base32()


def totp_address(secret: str, name: str) -> str:
    """What such an app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Handrail")


def code_step(secret: str, code: str, now: int, last: int | None) -> int | None:
    """The time step that the code belongs to, one step early or late allowed; None where it is wrong or was used before.

    A last step that no code can have had yet was written while the clock was wrong, and shuts nobody out.
    """
    totp = pyotp.TOTP(secret)
    here = now // _STEP_SECONDS
    steps = [step for step in (here - 1, here, here + 1) if last is None or step > last or last > here + STEPS_AHEAD]
    return next((step for step in steps if pyotp.utils.strings_equal(totp.at(step * _STEP_SECONDS), code)), None)


def sealed(secret: str, key: bytes, about: str) -> str:
    """The secret as it is stored: sealed under the desk's key, and bound to the person's name."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret.encode(), about.encode())).decode()


def opened(stored: str, key: bytes, about: str) -> str | None:
    """The secret again; None where key or name are others."""
    try:
        held = base64.b64decode(stored)
        return AESGCM(key).decrypt(held[:_NONCE_BYTES], held[_NONCE_BYTES:], about.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _would_be_guessed(password: str, name: str) -> bool:
    letters = "".join(sign for sign in password.lower() if sign.isalpha())
    return password.lower() in _defaults(name) or letters in {*_GUESSED, name.lower()} or len(set(password)) < 5


def _defaults(name: str) -> Iterable[str]:
    return dict.fromkeys([*_GUESSED, name.lower(), *_LONGER])


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("nobody has this password, and nobody ever will")
