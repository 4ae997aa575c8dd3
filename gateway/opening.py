"""Findings of one transaction in their order, and those that nobody has heard of opened together.

Most of a storm is fresh: the finding is not known, nor lately its rule at that place, nothing
holds it back, and no step is due yet. What becomes of such a one is decided in memory and written
with its neighbours; everything else is taken one by one, after all that came before it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from alerts.group import CAUSES, may_be_effect
from alerts.incident import Incident
from alerts.silence import Silence
from edge.outbox import Envelope
from edge.reading import SECOND_NS, Finding
from gateway import clockwork
from gateway.beginning import begin, opens
from gateway.db import clocks, cycles, holds, incidents, silences, timeline
from gateway.db.incidents import Stated
from gateway.work import Work


class _Fresh(NamedTuple):
    stated: Stated
    incident: Incident


class Opening:
    """Takes `envelopes`, which came together, within the transaction of `whole`.

    What was taken is written by the end of `write`.
    """

    def __init__(self, whole: Work, envelopes: Sequence[Envelope]) -> None:
        self._whole = whole
        found = [each.finding for each in envelopes]
        self._heard_of = set[str | tuple[str, str]](
            incidents.heard_of(whole.connection, [each.id for each in found])
        )
        places = {each.subject for each in found}
        self._heard_of |= cycles.places(whole.connection, places, _remembered_ns(whole))
        self._plans = whole.book.plans_in_force(whole.connection)
        self._silences = silences.holding(whole.connection, whole.now_ns)
        self._explains = bool(holds.causes(whole.connection))
        self._fresh: list[_Fresh] = []

    def take(self, envelope: Envelope, now_ns: int) -> bool:
        """Whether the finding is new; as `Work.take`, at that time."""
        finding, source = envelope.finding, (envelope.edge, envelope.epoch, envelope.seq)
        if self._is_unheard_of(finding):
            incident = begin(self._whole.book, self._plans, finding, now_ns)
            if self._is_plain(incident, now_ns):
                self._fresh.append(_Fresh(Stated(finding, source, now_ns), incident))
                return True
        self.write()
        return self._take_alone(finding, source, now_ns)

    def write(self) -> None:
        """All that was taken so far is in the tables."""
        if not self._fresh:
            return
        whole, opened = self._whole, [each.incident for each in self._fresh]
        connection = whole.connection
        incidents.store(connection, [each.stated for each in self._fresh])
        incidents.insert(connection, opened)
        timeline.opened(connection, opened)
        cycles.opened(connection, opened)
        begun = [clock for each in opened for clock in clockwork.begun(whole, each)]
        clocks.insert(connection, begun)
        whole.changed.update(each.id for each in opened)
        self._fresh.clear()

    def _take_alone(self, finding: Finding, source: tuple[str, str, int], now_ns: int) -> bool:
        whole = self._whole
        work = Work(whole.connection, whole.book, whole.chance, now_ns)
        new = work.take(finding, source)
        whole.changed |= work.changed
        whole.owes |= work.owes
        if finding.rule in CAUSES:
            self._explains = bool(holds.causes(work.connection))
        return new

    def _is_unheard_of(self, finding: Finding) -> bool:
        """Whether neither it nor lately its rule at its place is known; from now on both are."""
        place = (finding.rule, finding.subject)
        known = finding.id in self._heard_of or place in self._heard_of
        self._heard_of |= {finding.id, place}
        return not known and opens(finding)

    def _is_plain(self, incident: Incident, now_ns: int) -> bool:
        """Whether nothing but the incident itself is to be written now."""
        due_ns = incident.next_due_ns
        held = self._explains and may_be_effect(incident)
        return (
            due_ns is not None
            and due_ns > now_ns
            and incident.rule not in CAUSES
            and not held
            and not _covered(incident, self._silences)
        )


def _remembered_ns(whole: Work) -> int:
    """Since when a condition at a place matters to the next one there; a second too early."""
    window_s = whole.book.pace.flap_window if whole.book.pace else 0.0
    return whole.now_ns - int((window_s + 1) * SECOND_NS)


def _covered(incident: Incident, standing: Sequence[Silence]) -> bool:
    return any(each.covers(incident) for each in standing)
