"""Asks the homes of mass checks, at a pace and outside the quiet hours, and takes their answers.

A home is asked and its row says so in one transaction, so a kill anywhere asks nobody twice
and forgets nobody. What the providers bear is the outbox's budgets to say.
"""

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from pydantic import Field

from alerts.channels.base import Inbound
from alerts.channels.voice import CHECK_TYPE
from alerts.channels.voice import KIND as VOICE_KIND
from alerts.check import OPEN_TO_ANSWERS, CallState, answer, may_ask, question, spoken
from alerts.escalate import Purpose
from alerts.reply import Understood, understand
from edge.reading import DAY_NS, Evidence, Finding, FindingState, Tier, Timeliness, finding_id
from edge.settings import Settings
from gateway.campaign import consents
from gateway.campaign.consents import Home
from gateway.db import codes, outbox
from gateway.db.campaign_tables import campaign, campaign_call
from gateway.db.outbox import Message
from gateway.db.storable import storable
from gateway.notices import idempotency_id
from gateway.own_findings import OWN

if TYPE_CHECKING:
    from gateway.work import Work

log = logging.getLogger(__name__)

VOICE = VOICE_KIND.name
RULE_HELP, RULE_SILENT = "check_help", "check_silent"
_TEXT_MAX = 200
ANSWERED_WITHIN_NS = 7 * DAY_NS
"""An answer as late as this is still one, whether the mass check has ended or not."""


class CampaignSettings(Settings):
    """Nobody is asked between `quiet_from` and `quiet_to` (local hours), nor faster than this."""

    quiet_from: int = Field(default=21, ge=0, le=23)
    quiet_to: int = Field(default=8, ge=0, le=23)
    per_minute: int = Field(default=30, ge=1, le=1_000)


def ask_some(work: "Work", settings: CampaignSettings) -> int:
    """Up to a minute's worth of homes are owed their question; returns how many."""
    if not may_ask(work.book.local(work.now_ns).hour, settings.quiet_from, settings.quiet_to):
        return 0
    query = (
        sa.select(campaign_call, campaign.c.text.label("said"))
        .join(campaign, campaign.c.id == campaign_call.c.campaign_id)
        .where(campaign_call.c.state == CallState.WAITING.value, campaign.c.ended_ns.is_(None))
        .order_by(campaign_call.c.campaign_id, campaign_call.c.round, campaign_call.c.subject)
        .limit(settings.per_minute)
    )
    calls = work.connection.execute(query).mappings().all()
    for call in calls:
        key = f"check.{call['campaign_id']}.{call['round']}.{call['subject']}"
        asked = Asked(key, call["subject"], consents.home(call), call["said"])
        message = ask(asked, Tier.GENERAL, call["round"])
        work.owes |= outbox.owe(work.connection, message, work.now_ns)
        _move(work, call, CallState.ASKED, asked_ns=work.now_ns)
    return len(calls)


def note_silence(work: "Work", limit: int = 500) -> int:
    """Homes whose time to answer is over are silent; returns how many."""
    query = (
        sa.select(campaign_call, campaign.c.open_silent)
        .join(campaign, campaign.c.id == campaign_call.c.campaign_id)
        .where(
            campaign_call.c.state == CallState.ASKED.value,
            campaign_call.c.asked_ns + campaign.c.wait_ns <= work.now_ns,
        )
        .limit(limit)
    )
    calls = work.connection.execute(query).mappings().all()
    for call in calls:
        _move(work, call, CallState.SILENT)
        if call["open_silent"]:
            open_home(work, call["subject"], call["asked_ns"], RULE_SILENT, "")
    return len(calls)


def take_answer(work: "Work", inbound: Inbound) -> str | None:
    """What became of a text from a home that was asked; None when it is about something else.

    A text with the code of an incident is about that; so may be any text of a person who was
    told of one and has not done with it.
    """
    call = _asked(work.connection, inbound.address, work.now_ns)
    meaning = understand(inbound.text)
    if call is None or (isinstance(meaning, Understood) and meaning.code is not None):
        return None
    if is_about_other(work, inbound):
        return None
    said = answer(inbound.text)
    if said is CallState.UNCLEAR and call["state"] == CallState.SAFE:
        return "check_safe"  # a thank-you after the answer takes nothing back
    text = storable(inbound.text, _TEXT_MAX)
    _move(work, call, said, answered_ns=work.now_ns, text=text)
    if said is CallState.HELP:
        open_home(work, call["subject"], call["asked_ns"], RULE_HELP, text)
    return f"check_{said.value}"


def _asked(connection: sa.Connection, phone: str, now_ns: int) -> sa.RowMapping | None:
    """The latest question to that phone that may still be answered."""
    query = (
        sa.select(campaign_call)
        .where(
            campaign_call.c.phone == phone,
            campaign_call.c.state.in_([state.value for state in OPEN_TO_ANSWERS]),
            campaign_call.c.asked_ns > now_ns - ANSWERED_WITHIN_NS,
        )
        .order_by(campaign_call.c.asked_ns.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def _move(work: "Work", call: sa.RowMapping, state: CallState, **told: object) -> None:
    key = [campaign_call.c[name] == call[name] for name in ("campaign_id", "round", "subject")]
    values = {"state": state.value, **told}
    work.connection.execute(sa.update(campaign_call).where(*key).values(values))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to one home: `key` is its own for ever, `said` why it is asked."""

    key: str
    subject: str
    home: Home
    said: str


def ask(asked: Asked, tier: Tier, round_: int = 1) -> Message:
    """The message that asks whether all is well there, by text or by telephone."""
    home = asked.home
    if home.channel != VOICE:
        return tell(asked, question(asked.said, home.lang), tier, round_)
    message = tell(asked, spoken(asked.said, home.lang), tier, round_)
    return replace(message, payload={"type": CHECK_TYPE, "data": {"lang": home.lang}})


def tell(asked: Asked, text: str, tier: Tier, round_: int = 1) -> Message:
    """The message that says `text` to the resident, in the way they agreed to."""
    home = asked.home
    return Message(
        key=idempotency_id(asked.key),
        idempotency_id=idempotency_id(f"{asked.key}\n{home.channel}"),
        incident_id=None,
        person_id=asked.subject.rpartition("/")[2][:64],
        channel=home.channel,
        purpose=Purpose.CHECK,
        tier=tier,
        generation=0,
        step=0,
        round=round_,
        address=home.phone,
        text=text,
        payload={},
    )


def is_about_other(work: "Work", inbound: Inbound) -> bool:
    """Whether the text, or the key that was pressed, may be about an incident told to its phone."""
    if inbound.about:
        owed = outbox.by_idempotency_id(work.connection, inbound.about)
        return owed is None or owed.notice.purpose is not Purpose.CHECK
    return bool(codes.spoken_of(work.connection, inbound.address, work.now_ns, limit=1))


def open_home(work: "Work", subject: str, since_ns: int, rule: str, text: str) -> Finding:
    """The home becomes an incident: urgent when it asks for help. Returns its finding."""
    wants_help = rule == RULE_HELP
    zh = f"平安问候：住户回复需要帮助「{text}」" if wants_help else "平安问候：住户一直没有回复"
    en = f"Mass check: needs help: {text}" if wants_help else "Mass check: no answer"
    finding = Finding(
        id=finding_id(rule, subject, since_ns),
        revision=0,
        rule=rule,
        rule_version=1,
        subject=subject,
        category="welfare",
        tier=Tier.URGENT if wants_help else Tier.IMPORTANT,
        state=FindingState.RAISED,
        since_ns=since_ns,
        at_ns=work.now_ns,
        timeliness=Timeliness.LIVE,
        evidence=Evidence({}, {}, work.now_ns, 0.0, zh, en),
    )
    work.take(finding, (OWN, OWN, work.now_ns))
    return finding
