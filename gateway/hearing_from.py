"""What a send's outcome says of the phone it went to: see `gateway.db.phones`."""

import sqlalchemy as sa

from alerts.channels.base import Outcome
from alerts.outbox import DeliveryState
from gateway.db import phones
from gateway.db.outbox import Owed
from gateway.db.phones import Fault
from gateway.db.tables import outbox
from gateway.work import Work

_CONFIRMED = (DeliveryState.DELIVERED.value, DeliveryState.READ.value)
_LAST_MESSAGES = 2_000


def judge(work: Work, owed: Owed, outcome: Outcome, reason: str) -> None:
    """A provider's word on one message is also one on the phone it was for."""
    person, channel = owed.notice.person_id, owed.notice.channel
    if outcome is Outcome.DELIVERED:
        phones.clear(work.connection, person, channel)
    elif outcome is Outcome.ACCEPTED:
        phones.accepted(work.connection, person, channel)
    elif outcome is Outcome.PERMANENT:
        _blame(work, owed, refused=True, reason=reason or outcome.value)


def unheard(work: Work, owed: Owed) -> None:
    """An urgent message was never heard of again, on a channel that does confirm others."""
    if _confirms(work.connection, owed.notice.channel):
        _blame(work, owed, refused=False, reason="no word of arrival")


def _blame(work: Work, owed: Owed, *, refused: bool, reason: str) -> None:
    """The address that the message went to is held to account, whatever it is by now."""
    query = sa.select(outbox.c.address).where(outbox.c.id == owed.outbox_id)
    address = work.connection.execute(query).scalar_one()
    person, channel = owed.notice.person_id, owed.notice.channel
    fault = Fault(person, channel, address, refused, 0 if refused else 1, work.now_ns, reason)
    phones.blame(work.connection, fault)


def _confirms(connection: sa.Connection, channel: str) -> bool:
    """Whether anything on that channel was lately confirmed; some providers never do."""
    last = sa.select(outbox.c.channel, outbox.c.state).order_by(outbox.c.id.desc())
    recent = last.limit(_LAST_MESSAGES).subquery()
    query = sa.select(sa.literal(1)).select_from(recent)
    query = query.where(recent.c.channel == channel, recent.c.state.in_(_CONFIRMED))
    return connection.execute(query.limit(1)).first() is not None
