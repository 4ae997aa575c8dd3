"""Who may be asked in a mass check: one number a home, given and withdrawn by name."""

from dataclasses import dataclass

import sqlalchemy as sa
from msgspec import Struct

from alerts.channels.sms import national
from alerts.message import Lang
from alerts.plan import SMS, ChannelName
from gateway.db.campaign_tables import consent as table
from gateway.db.engine import reading, writing

_SHOWN_DIGITS = 4


class Consent(Struct, frozen=True):
    """A home that may be asked; of its number only the end is shown."""

    subject: str
    phone_end: str
    lang: str
    by: str
    given_ns: int
    channel: ChannelName = SMS


@dataclass(frozen=True, slots=True)
class Home:
    """How a home that has agreed is asked: its number whole, by text or by telephone."""

    phone: str
    lang: Lang
    channel: ChannelName


def give(database: sa.Engine, consent: Consent, phone: str) -> None:
    """The home may be asked at `phone` from now on; an earlier number is forgotten."""
    row = {
        "subject": consent.subject, "phone": national(phone), "lang": consent.lang,
        "by": consent.by, "given_ns": consent.given_ns, "withdrawn_ns": None,
        "channel": consent.channel,
    }  # fmt: skip
    with writing(database) as connection:
        connection.execute(sa.delete(table).where(table.c.subject == consent.subject))
        connection.execute(sa.insert(table).values(row))


def withdraw(database: sa.Engine, subject: str, now_ns: int) -> bool:
    """Whether the home could be asked until now; its number is forgotten."""
    ours = sa.and_(table.c.subject == subject, table.c.withdrawn_ns.is_(None))
    with writing(database) as connection:
        values = {"withdrawn_ns": now_ns, "phone": ""}
        return bool(connection.execute(sa.update(table).where(ours).values(values)).rowcount)


def of(connection: sa.Connection, subject: str) -> Home | None:
    """How that home is asked; None where it has not agreed to be."""
    query = sa.select(table).where(table.c.subject == subject, table.c.withdrawn_ns.is_(None))
    row = connection.execute(query).mappings().first()
    return None if row is None else home(row)


def at(connection: sa.Connection, phone: str) -> list[str]:
    """The homes that are asked at that number."""
    query = sa.select(table.c.subject).where(table.c.phone == phone, table.c.withdrawn_ns.is_(None))
    return list(connection.execute(query.order_by(table.c.subject)).scalars())


def home(row: sa.RowMapping) -> Home:
    """How the home of a row with `phone`, `lang` and `channel` is asked."""
    return Home(row["phone"], row["lang"], row["channel"])


def given(database: sa.Engine) -> list[Consent]:
    """Every home that may be asked."""
    query = sa.select(table).where(table.c.withdrawn_ns.is_(None)).order_by(table.c.subject)
    with reading(database) as connection:
        return [
            Consent(
                row["subject"], row["phone"][-_SHOWN_DIGITS:], row["lang"], row["by"],
                row["given_ns"], row["channel"],
            )
            for row in connection.execute(query).mappings()
        ]  # fmt: skip
