"""Who is watched by which rules, as the registry says, and what a device's readings lead to."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from edge.adapters import Adapter, adapters
from edge.admission import Memory
from edge.bulks import fed_by, fed_by_any
from edge.checkpoint import Checkpoint
from edge.completeness import Home
from edge.detectors.base import adapter_detectors, device_detectors, home_detectors
from edge.instruments import Instruments
from edge.latenesses import Latenesses
from edge.listening import Hearing
from edge.message_names import Names
from edge.meter import Meter
from edge.night_flow import NightFlow
from edge.numberings import Numberings
from edge.points import Points
from edge.presence import Presence
from edge.quiet import Quiet
from edge.reading import SECOND_NS, Finding, Kind, Reading
from edge.registry import Registry
from edge.route import Leg, Route, Spoken
from edge.signals import Signals
from edge.signs.base import signs
from edge.succession import OF_MANY
from edge.supervision import Guard
from edge.supplies import Supplies, on_watched_supplies
from edge.uptimes import Uptimes
from edge.watch import Watch, Watched

_HEARD_AT_HOME = {Kind.WATER, Kind.DOOR, Kind.ENV, *signs()}


def watched_homes(registry: Registry, utc_offset_h: float) -> Iterator[tuple[str, Watched[Home]]]:
    """Yield every home that some rule watches, or whose supply one does, by its code."""
    rules_of = {
        unit.code: [rule for kind in home_detectors() for rule in kind.install(unit)]
        for unit in registry.units()
    }
    neighbours = on_watched_supplies(
        registry, (each.code for each in registry.units() if each.care and rules_of[each.code])
    )
    neighbours |= fed_by_any(registry)
    for unit in registry.units():
        rules = rules_of[unit.code]
        if rules or unit.code in neighbours:
            water = [b for b in registry.home(unit.code) if b.device.kind is Kind.WATER]
            home = Home(water)
            if unit.routine is not None and rules:
                home.quiet = Quiet(
                    utc_offset_h, heeds_motion=unit.routine.motion, heeds=unit.routine.signs
                )
            if unit.bulk is not None:
                home.night = NightFlow(unit.bulk.night, utc_offset_h)
            yield unit.code, Watched(home, rules, utc_offset_h)


def watched_devices(
    registry: Registry, utc_offset_h: float
) -> Iterator[tuple[str, Watched[Presence]]]:
    """Yield every device that some rule watches, by its id."""
    for name in registry.devices():
        bound = [binding.device for binding in registry.bindings(name)]
        rules = [rule for kind in device_detectors() for rule in kind.install(bound[0])]
        intervals_ns = [int(d.interval_s * SECOND_NS) for d in bound if d.interval_s]
        presence = Presence(expected_ns=next(iter(intervals_ns), None))
        if rules:
            yield name, Watched(presence, rules, utc_offset_h)


def watched_adapters(
    registry: Registry, utc_offset_h: float
) -> Iterator[tuple[str, Watched[Adapter]]]:
    """Yield every adapter of the site, by its id."""
    rules = [rule for kind in adapter_detectors() for rule in kind.install()]
    for name, adapter in adapters(registry).items():
        yield name, Watched(adapter, rules, utc_offset_h)


class Subjects:
    """Everything that is watched under one registry, and how its parts hang together."""

    def __init__(self, registry: Registry, memory: Memory, utc_offset_h: float) -> None:
        self.registry = registry
        self.homes = dict(watched_homes(registry, utc_offset_h))
        for unit in registry.units():
            if unit.bulk is not None:
                members = tuple(self.homes[code].state for code in fed_by(registry, unit))
                self.homes[unit.code].state.members = members
        self.watched = {code: home for code, home in self.homes.items() if home.watches}
        self.devices = dict(watched_devices(registry, utc_offset_h))
        self.adapters = dict(watched_adapters(registry, utc_offset_h))
        self.hearing = Hearing(self.adapters)
        cared = [code for code in self.watched if registry.unit(code).care]
        self.supplies = Supplies(registry, self.homes, cared, utc_offset_h)
        self.signals = Signals(registry, utc_offset_h)
        self.points = Points(registry, self.devices, utc_offset_h)
        self.uptimes = Uptimes(registry, self.devices, utc_offset_h)
        self.instruments = Instruments(registry, utc_offset_h)
        self.numberings = Numberings(registry, utc_offset_h)
        self.latenesses = Latenesses(registry, self.devices, utc_offset_h)
        self.urgent = self.signals.channels | self.points.channels | self.instruments.channels
        places = {name: place for place, name in enumerate(self.devices)}
        self.routes = {
            name: self._route(name, places.get(name, -1), memory.names(name))
            for name in registry.devices()
        }
        for name in self.devices:
            self.attach(name, 0)
        self._share_rhythms()

    def ring(self, reading: Reading, guard: Guard) -> Iterator[Finding]:
        """Yield what is to be said of one of the `urgent` channels; no thought is given to time."""
        channel, device = reading.channel, reading.device
        self.uptimes.hear(reading)
        if channel in self.signals.channels:
            yield from guard("signal", device, self.signals.hear(reading))
        if channel in self.instruments.channels:
            yield from guard("instrument", device, self.instruments.hear(reading, guard))
        if channel in self.points.channels:
            yield from guard("point", device, self.points.hear(reading, guard))

    def meters(self) -> Iterator[tuple[str, Meter]]:
        """Yield every meter of a watched home, by a name of its own."""
        for home in self.homes.values():
            for binding, meter in home.state.named():
                yield f"{binding.unit.code} {binding.device.id} {binding.from_ns}", meter

    def watches(self) -> Iterator[tuple[str, Watch[Any]]]:
        """Yield every watch, by a name of its own."""
        watched: Iterable[tuple[str, Watched[Any]]]
        of_adapter, of_supply = OF_MANY
        adapters = ((f"{of_adapter}{name}", each) for name, each in self.adapters.items())
        supplies = ((f"{of_supply}{key}", each) for key, each in self.supplies.by_subject.items())
        signals = ((f"signal {name}", each) for name, each in self.signals.by_name.items())
        points = ((f"point {name}", each) for name, each in self.points.by_name.items())
        instruments = ((f"instrument {n}", each) for n, each in self.instruments.by_name.items())
        numberings = ((f"numbering {n}", each) for n, each in self.numberings.by_name.items())
        latenesses = ((f"lateness {n}", each) for n, each in self.latenesses.by_name.items())
        watched = chain(
            self.homes.items(),
            self.devices.items(),
            adapters,
            supplies,
            signals,
            points,
            instruments,
            numberings,
            latenesses,
        )
        for key, subject in watched:
            for watch in subject.watches:
                yield f"{key} {watch.rule}", watch

    def quiets(self) -> Iterator[tuple[str, Quiet]]:
        """Yield the memory of every home whose routine is learned, by the home's code."""
        for code, home in self.homes.items():
            if home.state.quiet is not None:
                yield code, home.state.quiet

    def nights(self) -> Iterator[tuple[str, NightFlow]]:
        """Yield what is remembered of every bulk meter, by the code of its place."""
        for code, home in self.homes.items():
            if home.state.night is not None:
                yield code, home.state.night

    def attach(self, device: str, at_ns: int) -> None:
        """Let the device's silence be counted by the adapter that it hangs on at `at_ns`."""
        bound = self.registry.binding(device, at_ns) or self.registry.bindings(device)[-1]
        adapter = bound.device.adapter
        self.devices[device].state.behind(adapter, self.hearing.account(adapter), at_ns)

    def listen_to(self, device: str, at_ns: int) -> None:
        """Note at `at_ns` from when on the device can be heard."""
        self.attach(device, at_ns)
        starts_ns = [b.from_ns for b in self.registry.bindings(device) if at_ns < b.to_ns]
        if starts_ns:
            self.devices[device].state.could_be_heard(starts_ns[0], at_ns)

    def link(self, at_ns: int, *, up: bool, kept: bool) -> None:
        """Listen or do not: what the edge could not hear was not silence."""
        self.uptimes.cut(self.hearing.link(at_ns, up=up, kept=kept))
        for name, device in self.devices.items():
            self.listen_to(name, at_ns)
            heard_ns = device.state.rhythm.last_ns
            if heard_ns and heard_ns > at_ns and not any(w.episode for w in device.watches):
                device.state.rhythm.last_ns = at_ns  # the wall clock was put back

    def scale_budgets(self, scale: float) -> None:
        """Let every routine be judged at `scale` times the alarms that were agreed."""
        for home in self.homes.values():
            if (quiet := home.state.quiet) is not None:
                quiet.scale = scale
                quiet.waits_h.clear()
                home.settle(())  # who rests may have to be asked sooner now

    def scale_rules(self, scales: Mapping[str, float]) -> None:
        """Let every rule be judged at its scale in `scales`, by "rule subject"; else as agreed."""
        pairs = ((pair.partition(" "), scale) for pair, scale in scales.items())
        at = {f"{where.rpartition('/')[2]} {rule}": scale for (rule, _, where), scale in pairs}
        for name, watch in self.watches():
            watch.scale(at.get(name.removeprefix("point "), 1.0))
        for home in self.homes.values():
            home.settle(())  # who rests may have to be asked sooner now

    def restore(self, saved: Checkpoint, at_ns: int) -> None:
        """Take up what was saved; what is new is new from `at_ns` on."""
        self.hearing.restore(saved.hearing)
        for key, meter in self.meters():
            if meter_state := saved.meters.get(key):
                meter.restore(meter_state)
        for name, device in self.devices.items():
            if presence := saved.devices.get(name):
                device.state.restore(presence, self.hearing.account(presence.adapter))
            else:
                device.state.count_from(at_ns)
        for name, adapter in self.adapters.items():
            adapter.state.state = saved.adapters.get(name, adapter.state.state)
        for key, each in self.supplies.by_subject.items():
            each.state.state = saved.supplies.get(key, each.state.state)
        self._share_rhythms()
        self.signals.restore(saved.signals)
        self.points.restore(saved.points)
        self.uptimes.restore(saved.uptimes)
        self.instruments.restore(saved.instruments)
        self.numberings.restore(saved.numberings)
        self.latenesses.restore(saved.latenesses)
        self._remember(saved)
        for key, watch in self.watches():
            if watch_state := saved.watches.get(key):
                watch.restore(watch_state)

    def _remember(self, saved: Checkpoint) -> None:
        """Take up what homes and bulk meters had learned."""
        for code, quiet in self.quiets():
            quiet.state = saved.quiets.get(code, quiet.state)
        for code, night in self.nights():
            night.state = saved.nights.get(code, night.state)

    def _route(self, device: str, place: int, names: Names) -> Route:
        legs = []
        for binding in self.registry.bindings(device):
            home = self.homes.get(binding.unit.code)
            if binding.device.kind not in _HEARD_AT_HOME:
                home = None
            water = home and binding.device.kind is Kind.WATER
            supplies = self.supplies.of_home(binding.unit.code) if water else []
            legs.append(Leg(binding, home, supplies))
        presence, last = self.devices.get(device), self.numberings.last(device)
        return Route(presence, legs, place, Spoken(names, last))

    def _share_rhythms(self) -> None:
        """Let the meters know how often their devices are heard."""
        for home in self.homes.values():
            for binding, meter in home.state.named():
                if device := self.devices.get(binding.device.id):
                    meter.rhythm = device.state.rhythm
