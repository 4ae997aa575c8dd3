"""The resident is asked before anybody is sent: 平安 spares a worker the way.

Asked once an incident, where its plan says so and the home has agreed to it. Whoever is not
understood, asks for help or is silent has the plan begin; only a clear "I am well" ends it.
"""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from alerts.channels.base import Inbound
from alerts.check import CallState, answer
from alerts.hold import Hold, Why
from alerts.incident import (
    ENDED,
    ESCALATING,
    Act,
    Command,
    Incident,
    Outcome,
    State,
    incident_id,
)
from alerts.reply import Understood, understand
from edge.reading import SECOND_NS, Tier
from gateway.campaign import consents
from gateway.campaign.asking import RULE_HELP, Asked, ask, is_about_other, open_home
from gateway.db import incidents, outbox
from gateway.db.resident_tables import resident_question as table
from gateway.db.storable import storable
from gateway.db.tables import incident as incident_table
from gateway.db.timeline import SYSTEM, note
from gateway.drills import is_drill

if TYPE_CHECKING:
    from gateway.work import Work

RESIDENT = "resident"
"""Who a resident is on the timeline."""
LATE_NS = 86_400 * SECOND_NS
"""An answer as late as this is still noted on the incident."""
_TEXT_MAX = 200
_OPEN_TO_ANSWERS = [CallState.ASKED.value, CallState.SILENT.value, CallState.UNCLEAR.value]
_HELP_BEATS = [*_OPEN_TO_ANSWERS, CallState.SAFE.value]
_SEEN_TO = [state.value for state in ENDED | {State.RESOLVED, State.VERIFIED}]


def reason(work: "Work", incident: Incident) -> Hold | None:
    """The incident waits for its resident's answer; they are asked now if they were not yet.

    None where nobody is to be asked, the time to answer is over, or there was an answer.
    """
    wait_s = work.plan(incident).ask_resident
    if wait_s is None or is_drill(incident.rule) or incident.rule == RULE_HELP:
        return None
    asked = _question(work.connection, table.c.incident_id == incident.id)
    if asked is None:
        return _ask(work, incident, int(wait_s * SECOND_NS))
    if asked["state"] == CallState.ASKED and work.now_ns < asked["until_ns"]:
        return Hold(Why.ASKING, "", asked["until_ns"])
    if asked["state"] == CallState.ASKED:
        _move(work, asked, CallState.SILENT)
    return None


def take_answer(work: "Work", inbound: Inbound) -> str | None:
    """What became of a text from a resident who was asked; None when it is about something else.

    A text with a code, or from somebody who was told of an incident, is about that.
    """
    meaning = understand(inbound.text)
    if isinstance(meaning, Understood) and meaning.code is not None:
        return None
    if is_about_other(work, inbound):
        return None
    said = answer(inbound.text)
    return f"resident_{said.value}" if answered(work, inbound, said) else None


def cry_for_help(work: "Work", inbound: Inbound) -> str | None:
    """What became of a clear cry for help that nobody had asked for; None of any other text.

    It is urgent in each home that may be asked at that number, unless one stands there already.
    In words only: a bare 2 answers a question.
    """
    if inbound.about or any(char.isnumeric() for char in inbound.text):
        return None
    if answer(inbound.text) is not CallState.HELP or is_about_other(work, inbound):
        return None
    homes = consents.at(work.connection, inbound.address)
    for subject in homes:
        if running := _running_cry(work, subject):
            note(work.connection, running, "resident_help", RESIDENT,
                 note=storable(inbound.text, _TEXT_MAX))  # fmt: skip
            work.changed.add(running.id)
        else:
            text = storable(inbound.text, _TEXT_MAX)
            open_home(work, subject, work.now_ns, RULE_HELP, text)
    return f"resident_{CallState.HELP.value}" if homes else None


def answered(work: "Work", inbound: Inbound, said: CallState) -> bool:
    """Whether a question to that number was open; it has `said` for its answer then."""
    since = table.c.asked_ns > work.now_ns - LATE_NS
    open_ = table.c.state.in_(_HELP_BEATS if said is CallState.HELP else _OPEN_TO_ANSWERS)
    asked = _question(work.connection, table.c.phone == inbound.address, since, open_)
    if asked is None:
        return False
    text = storable(inbound.text, _TEXT_MAX)
    _move(work, asked, said, answered_ns=work.now_ns, text=text)
    _act_on(work, incidents.get(work.connection, asked["incident_id"]), said, text)
    return True


def _ask(work: "Work", incident: Incident, wait_ns: int) -> Hold | None:
    """The resident is owed the question; None where they have not agreed or staff know already."""
    if incident.next_due_ns is not None and work.now_ns < incident.next_due_ns:
        return None  # a cause may still explain it
    home = consents.of(work.connection, incident.subject)
    if home is None or work.told_of(incident):
        return None
    until_ns = work.now_ns + wait_ns
    row = {
        "incident_id": incident.id, "subject": incident.subject, "phone": home.phone,
        "state": CallState.ASKED.value, "asked_ns": work.now_ns, "until_ns": until_ns,
        "answered_ns": None, "text": "",
    }  # fmt: skip
    work.connection.execute(sa.insert(table).values(row))
    key = f"resident.{incident.id}"
    message = ask(Asked(key, incident.subject, home, ""), Tier.IMPORTANT)
    work.owes |= outbox.owe(work.connection, message, work.now_ns)
    note(work.connection, incident, "resident_asked", SYSTEM, until_ns=until_ns)
    return Hold(Why.ASKING, "", until_ns)


def _act_on(work: "Work", incident: Incident, said: CallState, text: str) -> None:
    note(work.connection, incident, f"resident_{said.value}", RESIDENT, note=text)
    work.changed.add(incident.id)
    if said is CallState.HELP:
        _call_help(work, incident, text)
    elif said is CallState.SAFE and incident.state in ESCALATING:
        well = Command(Act.RESOLVE, by=RESIDENT, outcome=Outcome.FAMILY_CONFIRMED, note=text)
        work.act(incident.id, well)
    else:
        work.advance(incident)


def _call_help(work: "Work", incident: Incident, text: str) -> None:
    """An urgent incident of its own takes the place of one that nobody has answered yet."""
    finding = open_home(work, incident.subject, work.now_ns, RULE_HELP, text)
    if incident.state in ESCALATING:
        into = incident_id(finding.id)
        work.act(incident.id, Command(Act.MERGE, by=RESIDENT, into=into))


def _running_cry(work: "Work", subject: str) -> Incident | None:
    query = sa.select(incident_table).where(
        incident_table.c.subject == subject,
        incident_table.c.rule == RULE_HELP,
        incident_table.c.state.not_in(_SEEN_TO),
    )
    row = work.connection.execute(query.limit(1)).mappings().first()
    return None if row is None else incidents.from_row(row)


def _question(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> sa.RowMapping | None:
    query = sa.select(table).where(*which).order_by(table.c.asked_ns.desc()).limit(1)
    return connection.execute(query).mappings().first()


def _move(work: "Work", asked: sa.RowMapping, state: CallState, **told: object) -> None:
    ours = table.c.incident_id == asked["incident_id"]
    work.connection.execute(sa.update(table).where(ours).values(state=state.value, **told))
