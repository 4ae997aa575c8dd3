"""What a device's readings lead to: its clock, its presence, its meters and their homes.

One message at a time, by event time. Whatever breaks on the way is noted and stops nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, cast

from edge import episode
from edge.completeness import Home
from edge.detectors.base import HomeDetector
from edge.device_time import AS_IT_SAYS, DELAYED, Clocks
from edge.fields import Fields
from edge.presence import speaks
from edge.reading import Finding
from edge.rest import Rest
from edge.route import Leg, Route
from edge.subjects import Subjects
from edge.supervision import Supervisor
from edge.supplies import judged_supply, observe
from edge.sweep import Sweep
from edge.watch import Watched, judged

_NEVER_NS: Final = 2**63 - 1


class Telemetry:
    """The way of a message under one registry; findings are added to the lists handed in."""

    __slots__ = ("_clocks", "_counts", "_due_ns", "_subjects", "_supervisor", "_sweep")

    def __init__(
        self,
        subjects: Subjects,
        clocks: Clocks,
        sweep: Sweep,
        supervisor: Supervisor,
        counts: Counter[str],
    ) -> None:
        self._subjects, self._clocks, self._sweep = subjects, clocks, sweep
        self._supervisor, self._counts = supervisor, counts
        self._due_ns = _NEVER_NS

    def take_due_ns(self) -> int | None:
        """The earliest moment at which, by what was heard since the last call, a rule may hold."""
        due_ns, self._due_ns = self._due_ns, _NEVER_NS
        return None if due_ns == _NEVER_NS else due_ns

    def follow(self, found: list[Finding], route: Route, readings: Sequence[Fields]) -> None:
        """Give the readings of one message to clock, presence and meters."""
        ordered = readings
        if len(readings) > 1:
            ordered = sorted(readings, key=attrgetter("at_ns"))
        proving = self._proving(route, ordered)
        if route.presence is not None and speaks(ordered):
            try:
                self._heard(found, route, ordered[-1])
            except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
                self._supervisor.note("presence", ordered[-1].device, error)
        for reading in proving:
            try:
                self._water(found, route, reading)
            except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
                self._supervisor.note("meter", reading.device, error)

    def _proving(self, route: Route, readings: Sequence[Fields]) -> Sequence[Fields]:
        """Learn from the message's times; those of its readings that may go to the meters."""
        if route.presence is None:
            return readings
        heard = self._clocks.hear(readings, route.presence.state)
        if heard is AS_IT_SAYS:
            return readings
        if heard is DELAYED:
            return route.without_repeats(readings)
        void, forget_ns, delayed = heard
        if forget_ns is not None:
            self._counts["clock_steps"] += 1
            for meter in route.meters():
                meter.begin_again(forget_ns)
        if void:
            self._counts["clock_outdated"] += 1
            return ()
        return route.without_repeats(readings) if delayed else readings

    def _heard(self, found: list[Finding], route: Route, newest: Fields) -> None:
        """Note that the device was heard; what was raised about its silence may clear."""
        device, received_ns = route.presence, newest.received_ns
        if device is None:
            return
        if self._subjects.adapters:
            self._subjects.attach(newest.device, received_ns)
        self._subjects.hearing.prove(received_ns)
        device.state.hear(received_ns, newest.at_ns)
        for watch in device.watches:
            if watch.episode is not None:
                said = judged(watch, device.state, received_ns, watch.episode.subject)
                found += self._supervisor.guarded(watch.rule, newest.device, said)
        due_ns = received_ns + route.soonest_ns
        if self._sweep.put_off(route.place, due_ns) and due_ns < self._due_ns:
            self._due_ns = due_ns

    def _water(self, found: list[Finding], route: Route, reading: Fields) -> None:
        """Give the reading to the home in which its device hung at the time of the event."""
        leg = route.leg(reading.at_ns)
        if leg is None:
            self._counts["unbound"] += 1
            return
        home, meter = leg.home, leg.meter
        if home is None:
            return
        if meter is None:
            home.state.notice(reading.reading)
            return
        meter.take(reading)
        home.state.follow(meter, reading.device, reading.at_ns)
        again: frozenset[str] | None = None
        if leg.supplies:
            again = self._supplied(found, leg, reading)
        newest_ns = home.state.newest_ns()
        if newest_ns is not None and not home.rests(newest_ns):
            self._judge_home(leg.code, home, found, reading)
        for other in sorted(again - {leg.code}) if again else ():
            self._judge_home(other, self._subjects.homes[other], found, reading)

    def _supplied(self, found: list[Finding], leg: Leg, reading: Fields) -> frozenset[str] | None:
        """Tell the supplies of the home; the homes that must be judged again."""
        if leg.meter is None:
            return None
        again = observe(leg.supplies, leg.code, leg.meter, reading.at_ns)
        for supply in leg.supplies:
            if supply.state.outage is not None or supply.is_raised():
                found += judged_supply(supply, reading.reading, self._supervisor.guarded)
        return again

    def _judge_home(
        self, code: str, home: Watched[Home], found: list[Finding], reading: Fields
    ) -> None:
        """Ask every rule of the home that does not rest."""
        state, newest_ns = home.state, home.state.newest_ns()
        if newest_ns is None:
            return
        rests: list[Rest] = []
        for watch in home.watches:
            try:
                rule = cast("HomeDetector", watch.detector)
                rest = rule.rest(state) if watch.episode is None else None
                if rest is not None and newest_ns < rest.until_ns:
                    rests.append(rest)
                    continue
                status = watch.evaluate(state, newest_ns)
                if status is not None:
                    fresh = episode.timeliness(status, reading.reading)
                    subject = self._subjects.registry.subject(code)
                    found += watch.speak(state, status, subject, fresh)
            except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
                self._supervisor.note(watch.rule, code, error)
        home.settle(rests)
