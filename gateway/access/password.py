"""Passwords: argon2id, hashed off the loop, a few at a time.

Hashing is made to be dear; the length cap, the semaphore and the bounded queue before it
keep a flood of logins from taking the machine away from the alerts.
"""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARS_MIN = 12
PASSWORD_CHARS_MAX = 256
_AT_ONCE = 2
_WAITING_MAX = 16

# OWASP password storage cheat sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PasswordBusyError(Exception):
    """Too many passwords are being checked already; ask again in a few seconds."""


class UnfitPasswordError(ValueError):
    """A new password is too short or too long; the message says which lengths are fit."""


def make_password() -> str:
    """A new random password of 20 characters, about 119 bits."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """The argon2id hash to store; costs tens of milliseconds and 19 MiB.

    Raises:
        UnfitPasswordError: the length is outside 12 to 256 characters.
    """
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise UnfitPasswordError(
            f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters",
        )
    return _HASHER.hash(password)


class PasswordCheck:
    """Checks passwords in threads, `_AT_ONCE` at a time, `_WAITING_MAX` in the queue."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys = _HASHER.hash(make_password())

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` has that hash; with no hash it takes as long and says no.

        Raises:
            PasswordBusyError: the queue is full.
        """
        if len(password) > PASSWORD_CHARS_MAX:
            return False
        if self._waiting >= _WAITING_MAX:
            raise PasswordBusyError
        self._waiting += 1
        try:
            async with self._slots:
                same = await asyncio.to_thread(_same, password_hash or self._nobodys, password)
        finally:
            self._waiting -= 1
        return same and password_hash is not None


def _same(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
