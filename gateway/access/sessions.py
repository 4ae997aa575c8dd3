"""Who is signed in: random tokens, stored as digests, ended by time, logout or a new password.

The browser holds the token, the database its SHA-256: a stolen database signs nobody in.
The account is read again at every request, so a change of role takes effect at once.
"""

import hashlib
import secrets

from sqlalchemy import Connection, Engine, delete, insert, select, update

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from gateway.access.role import Principal, Role
from gateway.db.engine import reading, writing
from gateway.db.tables import account, web_session

IDLE_NS = 12 * HOUR_NS
ABSOLUTE_NS = 7 * DAY_NS
SESSIONS_MAX = 20
_TOUCH_NS = MINUTE_NS


class WebSessions:
    """The signed-in browsers, at most `SESSIONS_MAX` of each account."""

    def __init__(self, db: Engine) -> None:
        self._db = db

    def open(self, account_id: int, now_ns: int) -> str:
        """A new token for this account; its oldest sessions over the limit have ended."""
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": _digest(token),
            "account_id": account_id,
            "created_ns": now_ns,
            "seen_ns": now_ns,
            "expires_ns": now_ns + ABSOLUTE_NS,
        }
        with writing(self._db) as connection:
            _prune(connection, account_id, now_ns)
            connection.execute(insert(web_session), row)
        return token

    def principal(self, token: str, now_ns: int) -> Principal | None:
        """Who holds `token`; None when it is unknown, ended or its account is disabled."""
        token_hash = _digest(token)
        with reading(self._db) as connection:
            row = connection.execute(
                select(
                    account.c.id,
                    account.c.login,
                    account.c.role,
                    account.c.lang,
                    web_session.c.seen_ns,
                )
                .join_from(web_session, account)
                .where(
                    web_session.c.token_hash == token_hash,
                    web_session.c.expires_ns > now_ns,
                    web_session.c.seen_ns > now_ns - IDLE_NS,
                    account.c.disabled.is_(False),
                ),
            ).one_or_none()
        if row is None:
            return None
        if now_ns - row.seen_ns >= _TOUCH_NS:
            self._touch(token_hash, now_ns)
        return Principal(row.id, row.login, Role(row.role), row.lang)

    def close(self, token: str) -> None:
        """The token signs nobody in any more."""
        with writing(self._db) as connection:
            connection.execute(
                delete(web_session).where(web_session.c.token_hash == _digest(token)),
            )

    def _touch(self, token_hash: str, now_ns: int) -> None:
        with writing(self._db) as connection:
            connection.execute(
                update(web_session)
                .where(web_session.c.token_hash == token_hash)
                .values(seen_ns=now_ns),
            )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _prune(connection: Connection, account_id: int, now_ns: int) -> None:
    newest = (
        select(web_session.c.token_hash)
        .where(web_session.c.account_id == account_id)
        .order_by(web_session.c.created_ns.desc())
        .limit(SESSIONS_MAX - 1)
    )
    connection.execute(
        delete(web_session).where(
            web_session.c.account_id == account_id,
            web_session.c.token_hash.not_in(newest),
        ),
    )
    connection.execute(
        delete(web_session).where(
            (web_session.c.expires_ns <= now_ns) | (web_session.c.seen_ns <= now_ns - IDLE_NS),
        ),
    )
