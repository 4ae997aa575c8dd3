"""Every instrument of a site that has ever said something that can be looked at.

One is kept from its first such word on. It is judged by its own words: silence is another
rule's business, and only a better value shows that it is well.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import msgpack

from edge import episode
from edge.detectors.base import point_detectors
from edge.drift import NEIGHBOURS_MAX, Days, drift
from edge.instrument import MOVING, RANGES, Instrument, InstrumentState
from edge.reading import HOUR_NS, Finding, Reading
from edge.registry import Registry
from edge.supervision import Guard
from edge.watch import Watched

STILL_NS = 48 * HOUR_NS
STILL_COUNT = 48
NEIGHBOURS_MIN = 2
_LOOK_EVERY = 8
"""Values of a channel that stands still between two looks at its neighbours."""


class Instruments:
    """The instruments of one registry, by the id of the device."""

    channels = frozenset(RANGES)

    def __init__(self, registry: Registry, utc_offset_h: float) -> None:
        self.by_name: dict[str, Watched[Instrument]] = {}
        self._registry = registry
        self._utc_offset_h = utc_offset_h
        self._movers: defaultdict[str, dict[str, Instrument]] = defaultdict(dict)
        self._beside: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def hear(self, reading: Reading, guard: Guard) -> Iterator[Finding]:
        """Yield what is to be said of the instrument after this word of it."""
        watched = self._watched(reading.device)
        watched.state.hear(reading)
        if reading.channel in MOVING:
            self._compare(watched.state, reading)
        if watched.state.ended:
            self._look_for_drift(watched.state, watched.state.ended)
        subject = self._registry.device_subject(reading.device, reading.received_ns)
        if subject is None:
            return
        watched.state.listening_ns = reading.received_ns  # it speaks: it can be heard
        for watch in watched.watches:
            status = watch.evaluate(watched.state, reading.received_ns)
            if status is not None:
                said = watch.speak(watched.state, status, subject, episode.of_message(reading))
                yield from guard(watch.rule, reading.device, iter(said))

    def states(self) -> dict[str, bytes]:
        """What a checkpoint keeps, by names to `restore`."""
        return {name: msgpack.encode(each.state.state) for name, each in self.by_name.items()}

    def restore(self, states: Mapping[str, bytes]) -> None:
        """Take up `states`, of devices that the registry still knows."""
        for name, blob in states.items():
            if self._registry.knows(name):
                instrument = self._watched(name).state
                instrument.state = msgpack.decode(blob, type=InstrumentState)
                for channel in instrument.state.traces:
                    self._add_mover(channel, instrument)

    def _watched(self, device: str) -> Watched[Instrument]:
        if device not in self.by_name:
            kinds: tuple[Any, ...] = point_detectors(Instrument)
            rules = [rule for kind in kinds for rule in kind.install()]
            instrument = Instrument(device, int(self._utc_offset_h * HOUR_NS))
            self.by_name[device] = Watched(instrument, rules, self._utc_offset_h)
        return self.by_name[device]

    def _compare(self, instrument: Instrument, reading: Reading) -> None:
        """Note that it stands still, where at least two of its neighbours have moved meanwhile."""
        channel, state = reading.channel, instrument.state
        movers, trace = self._movers[channel], state.traces.get(channel)
        if trace is not None and reading.device not in movers:
            self._add_mover(channel, instrument)
        if trace is None or channel in state.still or trace.count < STILL_COUNT:
            return
        if trace.count % _LOOK_EVERY or state.newest_ns[channel] - trace.since_ns < STILL_NS:
            return
        moving = (each.changed_since(channel, trace.since_ns) for each in movers.values())
        if sum(moving) >= NEIGHBOURS_MIN:
            state.still[channel] = trace.since_ns

    def _add_mover(self, channel: str, instrument: Instrument) -> None:
        self._movers[channel][instrument.device] = instrument
        insort(self._beside[self._building(instrument), channel], instrument.device)

    def _look_for_drift(self, instrument: Instrument, channel: str) -> None:
        """Note whether it drifts away from the first twelve others that speak, by name."""
        state, movers = instrument.state, self._movers[channel]
        own, before = state.days[channel], state.drifts.get(channel)
        beside = (
            movers[name].state.days.get(channel, Days())
            for name in self._beside[self._building(instrument), channel]
            if name != instrument.device
        )
        speaking = (each for each in beside if each.today >= own.today - 1)
        others = list(islice(speaking, NEIGHBOURS_MAX))
        seen = drift(channel, own, others, instrument.offset_ns, before)
        if seen is None:
            state.drifts.pop(channel, None)
        else:
            state.drifts[channel] = seen

    def _building(self, instrument: Instrument) -> str:
        return self._registry.bindings(instrument.device)[-1].unit.building
