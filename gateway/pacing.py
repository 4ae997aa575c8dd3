"""Lets lesser messages wait their turn, and tells what has waited together.

Every notice is accounted for: it goes by itself, waits in `waiting`, goes in a bundle, or is
dropped with a reason. Before it is told, its incident is asked whether that is still wanted.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from alerts import pace as terms
from alerts.escalate import Notice, Purpose
from alerts.incident import Incident
from alerts.pace import Civil, Pace, Turn, Wait
from alerts.roster import Person
from edge.reading import MINUTE_NS, SECOND_NS, Tier
from gateway import bundling, flapping
from gateway.db import bundles, incidents, waiting
from gateway.db.bundles import Recent
from gateway.db.timeline import SYSTEM, note
from gateway.db.waiting import Waiting
from gateway.drills import is_drill
from gateway.wanted import BETWEEN_PEOPLE, is_wanted

if TYPE_CHECKING:
    from gateway.work import Work

log = logging.getLogger(__name__)

_PACED = BETWEEN_PEOPLE | {
    Purpose.ALERT, Purpose.STAND_DOWN, Purpose.OVERDUE, Purpose.TAKEN, Purpose.BELATED,
}  # fmt: skip
_GONE = "not needed any more"


def sort(work: "Work", incident: Incident, notices: Iterable[Notice]) -> list[Notice]:
    """The notices that go now, by themselves; the others wait from now on. Drills never wait."""
    pace = work.book.pace
    if pace is None or is_drill(incident.rule):
        return list(notices)
    gone: set[tuple[str, Purpose]] = set()
    for_now = []
    for notice in notices:
        # Another channel of a message goes with it.
        goes_along = (notice.person_id, notice.purpose) in gone and notice.purpose in BETWEEN_PEOPLE
        if goes_along or not _waits(work, incident, notice, pace):
            gone.add((notice.person_id, notice.purpose))
            for_now.append(notice)
    return for_now


def tell_due(work: "Work", limit: int) -> int:
    """Everybody whose turn has come is told all that waits for it; returns how many people."""
    people = waiting.people_due(work.connection, work.now_ns, limit)
    for person_id in people:
        _tell_or_wait(work, person_id)
    return len(people)


def _tell_or_wait(work: "Work", person_id: str) -> None:
    """They are told; if that breaks, theirs waits a minute and the others are told."""
    try:
        with work.connection.begin_nested():
            _tell(work, person_id)
    except sa.exc.OperationalError:
        raise
    except Exception:
        # This supervises people: what breaks us for one must not silence all the others.
        log.exception("%s cannot be told of what waits; it is tried again", person_id)
        later = Turn(Wait.LOAD, work.now_ns + MINUTE_NS)
        waiting.postpone(work.connection, person_id, later, work.now_ns)


def take_back(work: "Work", incident: Incident, purposes: Iterable[Purpose], reason: str) -> None:
    """Nobody is told of the incident by what waits, or by a bundle that was never sent.

    The others of such a bundle have their turn at once.
    """
    if work.book.pace is None:
        return
    purposes = tuple(purposes)
    waiting.drop(
        work.connection, waiting.of_incident(work.connection, incident.id, purposes), reason
    )
    unsent = waiting.bundled(work.connection, incident.id, purposes, tried=False)
    undone = {each for each in _bundles_of(unsent) if bundling.undo(work, each, reason)}
    waiting.drop(work.connection, [row for row in unsent if row.bundle_id in undone], reason)


def drop_about(work: "Work", incident_id: str, run: tuple[int, int, int], reason: str) -> None:
    """What waits of one missed deadline (generation, step, round) is never told."""
    rows = waiting.of_incident(work.connection, incident_id, [Purpose.OVERDUE])
    ours = [
        row for row in rows
        if (row.notice.generation, row.notice.step, row.notice.round) == run
    ]  # fmt: skip
    waiting.drop(work.connection, ours, reason)


def _bundles_of(rows: list[Waiting]) -> set[str]:
    return {row.bundle_id for row in rows if row.bundle_id is not None}


def told_together(work: "Work", incident: Incident, purposes: Iterable[Purpose]) -> list[Notice]:
    """The notices of the incident that went out in bundles."""
    if work.book.pace is None:
        return []
    rows = waiting.bundled(work.connection, incident.id, purposes, tried=True)
    return [row.notice for row in rows]


def is_flooded(work: "Work", person: Person, pace: Pace) -> bool:
    """Whether too much is new in the person's areas; asked once in a transaction."""
    if person.id not in work.flooded:
        since_ns = work.now_ns - int(pace.flood_window * SECOND_NS)
        recent = Recent(since_ns, pace.flood + 1)
        work.flooded[person.id] = bundles.is_flooded(work.connection, person.areas, recent)
    return work.flooded[person.id]


def _waits(work: "Work", incident: Incident, notice: Notice, pace: Pace) -> bool:
    person = work.book.roster.get(notice.person_id)
    if person is None:
        return False
    turn = _turn(work, incident, notice, person) if notice.purpose in _PACED else None
    if turn is None:
        _count(work, person, pace)
        return False
    if waiting.put(work.connection, notice, turn, work.now_ns):
        work.owes = True
        note(work.connection, incident, "waits", SYSTEM,
             person=person.id, wait=turn.why.value, due_ns=turn.due_ns)  # fmt: skip
    return True


def _turn(work: "Work", incident: Incident, notice: Notice, person: Person) -> Turn | None:
    pace = work.book.pace
    if notice.purpose is Purpose.STAND_DOWN:
        return Turn(Wait.CALM, work.now_ns + flapping.calm_ns(work, incident))
    if pace is None or incident.tier is Tier.URGENT:
        return None
    if notice.purpose in BETWEEN_PEOPLE:
        lately = bundles.traffic_of(work.connection, person.id, flooded=False)
        return terms.turn_between_people(incident.tier, lately, pace, work.now_ns)
    traffic = bundles.traffic_of(
        work.connection, notice.person_id, flooded=is_flooded(work, person, pace)
    )
    if traffic.told_ns == work.now_ns and not traffic.flooded and incident.tier is not Tier.GENERAL:
        return None  # another channel of the message that has just had its turn
    clock = Civil(work.now_ns, work.book.zone)
    return terms.turn(incident.tier, person.habits, traffic, pace, clock)


def _count(work: "Work", person: Person, pace: Pace) -> None:
    traffic = bundles.traffic_of(work.connection, person.id, flooded=False)
    after = terms.told(traffic, pace, work.now_ns)
    bundles.keep_traffic(work.connection, person.id, after)


def _tell(work: "Work", person_id: str) -> None:
    pace, person = work.book.pace, work.book.roster.get(person_id)
    rows = waiting.of_person(work.connection, person_id, work.now_ns)
    if pace is None or person is None:
        waiting.drop(work.connection, rows, "has left the roster")
        return
    rows = _tell_urgent(work, rows)
    flooded = is_flooded(work, person, pace)
    traffic = bundles.traffic_of(work.connection, person_id, flooded=flooded)
    clock = Civil(work.now_ns, work.book.zone)
    if not rows:
        return
    if (turn := terms.earliest(person.habits, traffic, pace, clock)) is not None:
        _tell_together(work, person, [r for r in rows if r.notice.purpose in BETWEEN_PEOPLE], pace)
        waiting.postpone(work.connection, person_id, turn, work.now_ns)
        return
    _tell_together(work, person, rows, pace)


def _tell_together(work: "Work", person: Person, rows: list[Waiting], pace: Pace) -> None:
    """What of `rows` still has a point is told: as a bundle, or by itself if it is one incident."""
    wanted, incidents_told = _still_wanted(work, rows)
    if len(incidents_told) == 1:
        (incident,) = incidents_told.values()
        waiting.told(work.connection, wanted, None, work.now_ns)
        work.send(incident, [row.notice for row in wanted])
    elif incidents_told:
        bundling.make(work, person, wanted, incidents_told)
    if incidents_told:
        _count(work, person, pace)


def _tell_urgent(work: "Work", rows: list[Waiting]) -> list[Waiting]:
    """The rows of lesser incidents; the others, that an urgent one is over, go by themselves."""
    lesser = []
    for row in rows:
        incident = incidents.get(work.connection, row.notice.incident_id)
        if incident.tier is not Tier.URGENT:
            lesser.append(row)
        elif is_wanted(work, row.notice, incident):
            waiting.told(work.connection, [row], None, work.now_ns)
            work.send(incident, [row.notice])
        else:
            waiting.drop(work.connection, [row], _GONE)
    return lesser


def _still_wanted(work: "Work", rows: list[Waiting]) -> tuple[list[Waiting], dict[str, Incident]]:
    """The rows that still have a point, and their incidents; the others are dropped."""
    found = {row.notice.incident_id for row in rows}
    known = {each: incidents.get(work.connection, each) for each in sorted(found)}
    wanted = [row for row in rows if is_wanted(work, row.notice, known[row.notice.incident_id])]
    kept = {row.row_id for row in wanted}
    waiting.drop(work.connection, [row for row in rows if row.row_id not in kept], _GONE)
    return wanted, {row.notice.incident_id: known[row.notice.incident_id] for row in wanted}
