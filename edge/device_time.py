"""The clocks of all devices: what they say is learned in the fold and applied at the gate.

`placed` only asks, so that a commit that fails costs nothing; `hear` is a step of the fold, so
that a replay learns the same. Journal, InfluxDB and detection therefore hold one time.
"""

from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from msgspec import structs

from edge.fields import Fields
from edge.offset import DELAY_NS_MAX, SLACK_NS, US_NS, Clock, Heard, off_ns, shift_ns
from edge.presence import Presence
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS, Quality, Reading, TimeSource
from edge.remembered import ClockState
from edge.wire import AT_NS_MIN, Reason, Rejection

ARRIVALS_NEEDED: Final = 4
AHEAD_NS_MAX: Final = HOUR_NS
"""How far ahead of the receipt a historical reading may lie."""
WORST_MAX: Final = 20


class Placed(NamedTuple):
    """The readings of a message at the times that may be believed, and those that have none."""

    readings: tuple[Reading, ...]
    rejected: tuple[Rejection, ...] = ()
    corrected: bool = False
    doubted: bool = False


AS_IT_SAYS: Final = Heard()
"""What most messages mean: nothing but what they say."""
DELAYED: Final = Heard(delayed=True)


class Clocks:
    """The clocks of the site's devices that are off, by device and source of its times.

    Nothing is kept of a clock that is right. `hear` learns, in the fold; `placed` only asks.
    """

    __slots__ = ("_clocks", "_off")

    def __init__(self) -> None:
        self._clocks: dict[str, dict[TimeSource, Clock]] = {}
        self._off: set[str] = set()  # the devices with a clock that is not only late

    def stand(self, readings: tuple[Reading, ...], received_ns: int) -> bool:
        """Whether `placed` would leave the readings of one message as they are; cheap."""
        first_ns, last_ns = received_ns - DELAY_NS_MAX, received_ns + SLACK_NS
        if first_ns < AT_NS_MIN:
            return False
        if self._off and readings[0].device in self._off:
            return False
        for reading in readings:  # noqa: SIM110  (all() would cost more than the rest together)
            if not first_ns <= reading.at_ns <= last_ns:
                return False
        return True

    def placed(self, readings: tuple[Reading, ...], received_ns: int) -> Placed:
        """The readings of one message as the log shall have them.

        A live message whose clock is wrong by nobody knows how much is placed at its receipt
        with `Quality.SUSPECT`, its readings as far apart as it says. Historical ones are only
        corrected by what was learned, and refused where that leaves them out of all time.
        """
        groups: dict[TimeSource, list[Reading]] = {}
        for reading in readings:
            groups.setdefault(reading.clock, []).append(reading)
        shifts_ns = {clock: self._shift_ns(group, received_ns) for clock, group in groups.items()}
        moved = [_moved(reading, *shifts_ns[reading.clock], received_ns) for reading in readings]
        return Placed(
            tuple(each for each in moved if isinstance(each, Reading)),
            tuple(each for each in moved if isinstance(each, Rejection)),
            corrected=any(by_ns and not doubted for by_ns, doubted in shifts_ns.values()),
            doubted=any(doubted for _, doubted in shifts_ns.values()),
        )

    def hear(self, readings: Sequence[Fields], presence: Presence) -> Heard:
        """Learn from a message of the log; call it before `presence` hears it."""
        received_ns = readings[0].received_ns
        device = readings[0].device
        known = self._clocks.get(device)
        if len(readings) == 1:
            reading = readings[0]
            late_ns = received_ns - reading.at_ns + reading.offset_ns
            if known is None and (reading.historical or -SLACK_NS <= late_ns <= SLACK_NS):
                return AS_IT_SAYS
            if known is not None and _goes_on(known, reading, late_ns, presence):
                return DELAYED
        heard = AS_IT_SAYS
        for newest in _newest_live(readings):
            said = self._learn(newest, presence)
            forget_ns = heard.forget_ns if said.forget_ns is None else said.forget_ns
            heard = Heard(heard.void or said.void, forget_ns, heard.delayed or said.delayed)
        return heard

    def offsets_s(self) -> dict[str, float]:
        """Seconds to add to the clocks of the 20 devices that are worst off, the worst first."""
        worst_ns = {
            device: max((off_ns(clock) for clock in clocks.values()), key=abs, default=0)
            for device, clocks in self._clocks.items()
        }
        named = nlargest(WORST_MAX, worst_ns.items(), key=lambda item: (abs(item[1]), item[0]))
        return {device: by_ns / SECOND_NS for device, by_ns in named if by_ns}

    def state(self) -> dict[str, dict[TimeSource, ClockState]]:
        """All that was learned, for a checkpoint."""
        return {
            device: {source: clock.state() for source, clock in clocks.items()}
            for device, clocks in self._clocks.items()
        }

    def restore(self, state: dict[str, dict[TimeSource, ClockState]]) -> None:
        """Know just what `state` holds."""
        self._clocks = {
            device: {source: Clock(clock) for source, clock in clocks.items()}
            for device, clocks in state.items()
        }
        self._off.clear()
        for device in self._clocks:
            self._note(device)

    def _note(self, device: str) -> None:
        """Find out whether a clock of `device` is off."""
        clocks = self._clocks.get(device, {})
        if any(clock.offset_ns for clock in clocks.values()):
            self._off.add(device)
        else:
            self._off.discard(device)

    def _shift_ns(self, group: list[Reading], received_ns: int) -> tuple[int, bool]:
        """How far to move readings of one clock, and whether that is only a makeshift."""
        clock = self._clocks.get(group[0].device, {}).get(group[0].clock)
        offset_ns = clock.offset_ns if clock else 0
        live = [reading for reading in group if not reading.historical]
        late_ns = received_ns - max(reading.at_ns for reading in live or group)
        if live:
            by_ns = shift_ns(offset_ns, late_ns)
            return (late_ns // US_NS * US_NS, True) if by_ns is None else (by_ns, False)
        fits = offset_ns and late_ns - offset_ns >= -SLACK_NS
        return (min(offset_ns, late_ns) // US_NS * US_NS if fits else 0), False

    def _learn(self, newest: Fields, presence: Presence) -> Heard:
        received_ns = newest.received_ns
        late_ns = received_ns - (newest.at_ns - newest.offset_ns)
        usual_ns = _interval_ns(presence) + SLACK_NS
        clocks = self._clocks.get(newest.device, {})
        forget_ns = _leapt_ns(clocks, newest, usual_ns)
        clock = clocks.get(newest.clock)
        if clock is None:
            if -SLACK_NS <= late_ns <= usual_ns:
                return Heard(forget_ns=forget_ns) if forget_ns else AS_IT_SAYS
            clock = self._clocks.setdefault(newest.device, {})[newest.clock] = Clock()
        clock.silent = clock.silent or _was_silent(presence, received_ns)
        by_ns = shift_ns(clock.offset_ns, late_ns)
        outdated = by_ns is not None and abs(newest.offset_ns - by_ns) > SLACK_NS
        delayed = clock.delayed(late_ns, usual_ns)
        void, own_forget_ns, _ = clock.take(received_ns, late_ns, usual_ns)
        if clock.right:
            del self._clocks[newest.device][newest.clock]
            if not self._clocks[newest.device]:
                del self._clocks[newest.device]
        self._note(newest.device)
        return Heard(void or outdated, own_forget_ns or forget_ns, delayed)


def doubt(at_ns: int, received_ns: int, *, historical: bool) -> str:
    """What the gate would object to in one reading of a device it has learned nothing of."""
    late_ns = received_ns - at_ns
    away = f"{abs(late_ns) / DAY_NS:.1f} days {'behind' if late_ns > 0 else 'ahead of'} its receipt"
    if historical:
        if at_ns < AT_NS_MIN:
            return f"{Reason.TIME_TOO_OLD}: {away}, and historical"
        return f"{Reason.TIME_IN_FUTURE}: {away}, and historical" if -late_ns > AHEAD_NS_MAX else ""
    if at_ns >= AT_NS_MIN and shift_ns(0, late_ns) is not None:
        return ""
    return f"{away}; not used until the edge has learned what the clock is off by"


def _newest_live(readings: Sequence[Fields]) -> Iterator[Fields]:
    """The newest live reading of each clock, by that clock."""
    newest: dict[TimeSource, Fields] = {}
    for reading in readings:
        if not reading.historical:
            known = newest.get(reading.clock)
            if known is None or reading.at_ns > known.at_ns:
                newest[reading.clock] = reading
    yield from newest.values()


def _moved(reading: Reading, by_ns: int, doubted: bool, received_ns: int) -> Reading | Rejection:
    at_ns = reading.at_ns + by_ns
    if at_ns < AT_NS_MIN:
        return Rejection(Reason.TIME_TOO_OLD, "nothing before 2011 is believed")
    if at_ns > received_ns + AHEAD_NS_MAX:
        return Rejection(Reason.TIME_IN_FUTURE, "over 1 h ahead of its receipt")
    quality = reading.quality
    if doubted and quality is Quality.GOOD:
        quality = Quality.SUSPECT
    if not by_ns and quality is reading.quality:
        return reading
    return structs.replace(reading, at_ns=at_ns, offset_ns=by_ns, quality=quality)


def _goes_on(
    clocks: dict[TimeSource, Clock], reading: Fields, late_ns: int, presence: Presence
) -> bool:
    """Whether the device's only clock goes on with a backlog, so that nothing is to be learned."""
    clock = clocks.get(reading.clock)
    if clock is None or len(clocks) > 1 or reading.historical or reading.offset_ns:
        return False
    return clock.goes_on(reading.received_ns, late_ns, _interval_ns(presence) + SLACK_NS)


def _leapt_ns(clocks: dict[TimeSource, Clock], newest: Fields, usual_ns: int) -> int | None:
    """Until when to forget, if `newest` shows that another clock of its device was wrong."""
    if newest.quality is Quality.SUSPECT:
        return None
    late_ns = newest.received_ns - newest.at_ns
    others = [clock for source, clock in clocks.items() if source is not newest.clock]
    leaps_ns = [o.leapt_ns(newest.received_ns, late_ns, usual_ns, other=True) for o in others]
    return max((leap_ns for leap_ns in leaps_ns if leap_ns is not None), default=None)


def _interval_ns(presence: Presence) -> int:
    """How late a device may be by its own rhythm, or by the registry's: at most a day.

    Its event times are a measure only as far as the registry bears them out: they are further
    apart than its messages after a backlog, but also after a clock was set more than once.
    """
    expected_ns, rhythm = presence.expected_ns or 0, presence.rhythm
    if rhythm.heard < ARRIVALS_NEEDED:
        return min(DAY_NS, expected_ns)
    told_ns = min(rhythm.event_ns(), expected_ns)
    return min(DAY_NS, max(rhythm.arrival_ns(), told_ns))


def _was_silent(presence: Presence, received_ns: int) -> bool:
    last_ns = presence.rhythm.last_ns
    return last_ns is None or received_ns - last_ns > 2 * _interval_ns(presence) + SLACK_NS
