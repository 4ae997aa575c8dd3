"""Signing in: one answer for every failure, whether or not the account exists."""

from dataclasses import dataclass

from edge.clock import Clock
from gateway.access.accounts import Accounts
from gateway.access.password import PasswordBusyError, PasswordCheck
from gateway.access.sessions import WebSessions
from gateway.access.throttle import LoginThrottle


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody was signed in; `wait_s` is 0 unless it is too early to try again."""

    wait_s: float = 0.0


class Doorkeeper:
    """Turns a login and a password into a session token, at a bounded pace."""

    def __init__(self, accounts: Accounts, sessions: WebSessions, clock: Clock) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._clock = clock
        self._throttle = LoginThrottle()
        self._check = PasswordCheck()

    async def sign_in(self, login: str, password: str, address: str) -> str | Refused:
        """A session token, or `Refused` after the same work for every wrong pair."""
        login = login.strip().lower()[:64]
        now_ns = self._clock.monotonic_ns()
        if wait_s := self._throttle.wait_s(login, address, now_ns):
            return Refused(wait_s)
        self._throttle.tried(login, address, now_ns)
        found = self._accounts.find(login)
        usable = found is not None and not found.disabled
        password_hash = found.password_hash if found and usable else None
        try:
            same = await self._check.matches(password_hash, password)
        except PasswordBusyError:
            return Refused(wait_s=5.0)
        if found is None or not same:
            return Refused()
        self._throttle.succeeded(login, address)
        return self._sessions.open(found.id, self._clock.now_ns())
