"""The accounts of the console: stored with a password hash, never with a password."""

import re
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.access.password import hash_password, make_password
from gateway.access.role import Role
from gateway.db.engine import reading, writing
from gateway.db.tables import account, web_session

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class AccountError(Exception):
    """An account cannot be made or changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """One row of the account table."""

    id: int
    login: str
    password_hash: str
    role: Role
    lang: str
    disabled: bool


class Accounts:
    """Accounts by login."""

    def __init__(self, db: Engine) -> None:
        self._db = db

    def find(self, login: str) -> Account | None:
        """The account of that login, if there is one, disabled or not."""
        query = _COLUMNS.where(account.c.login == login)
        with reading(self._db) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Account(*row[:3], Role(row.role), *row[4:])

    def all(self) -> list[Account]:
        """Every account, by login."""
        with reading(self._db) as connection:
            rows = connection.execute(_COLUMNS.order_by(account.c.login)).all()
        return [Account(*row[:3], Role(row.role), *row[4:]) for row in rows]

    def add(self, login: str, password: str, role: Role, now_ns: int) -> None:
        """The account exists.

        Raises:
            AccountError: the login is taken or not one.
            UnfitPasswordError: the password is too short or too long.
        """
        if not _LOGIN.fullmatch(login):
            raise AccountError(
                f"{login!r} is not a login: write 1 to 32 of a-z 0-9 . _ -, "
                "the first a letter or digit",
            )
        row = {
            "login": login,
            "password_hash": hash_password(password),
            "role": role.value,
            "lang": "zh",
            "created_ns": now_ns,
            "disabled": False,
        }
        try:
            with writing(self._db) as connection:
                connection.execute(insert(account), row)
        except IntegrityError:
            raise AccountError(f"there is an account {login!r} already") from None

    def set_password(self, login: str, password: str) -> None:
        """The account has this password, and every browser it was signed in on is out.

        Raises:
            AccountError: there is no such account.
            UnfitPasswordError: the password is too short or too long.
        """
        self._change(login, password_hash=hash_password(password))

    def disable(self, login: str) -> None:
        """Nobody signs in by this login, and every browser it was signed in on is out.

        The account stays, so that its name is never somebody else's.

        Raises:
            AccountError: there is no such account.
        """
        self._change(login, disabled=True)

    def enable(self, login: str) -> None:
        """Its password signs somebody in again.

        Raises:
            AccountError: there is no such account.
        """
        self._change(login, disabled=False)

    def _change(self, login: str, **values: object) -> None:
        """The account has these values, and its sessions have ended."""
        found = self.find(login)
        if found is None:
            raise AccountError(f"there is no account {login!r}; see `shouwang user list`")
        with writing(self._db) as connection:
            connection.execute(update(account).where(account.c.id == found.id).values(values))
            connection.execute(delete(web_session).where(web_session.c.account_id == found.id))

    def claim_first(self, now_ns: int) -> str | None:
        """On an empty table, make `admin` and return its password, to be shown once."""
        with reading(self._db) as connection:
            if connection.execute(select(func.count()).select_from(account)).scalar_one():
                return None
        password = make_password()
        try:
            self.add("admin", password, Role.ADMIN, now_ns)
        except AccountError:
            return None  # another gateway on this database was first, and has shown its own
        return password


_COLUMNS = select(
    account.c.id,
    account.c.login,
    account.c.password_hash,
    account.c.role,
    account.c.lang,
    account.c.disabled,
)
