"""Every door, camera, lift, circuit and public place: who is asked when one speaks, or the clock.

A point is judged by each of its messages and at the moments that its rules name. While the edge,
or the adapter before it, cannot hear it, time proves nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from msgspec import msgpack

from edge import episode, load
from edge.camera import CAMERA_VIEWS, Camera
from edge.cards import Cards, CardsState, Spot
from edge.circuit import Circuit
from edge.credential import CHANNEL
from edge.crowd import Crowd
from edge.detectors.base import point_detectors
from edge.door import Door
from edge.lift import LIFT_CHANNELS, Lift
from edge.noise import Noise
from edge.point import Point
from edge.point_rule import PointRule
from edge.presence import Presence
from edge.reading import Finding, Kind, Reading, Timeliness
from edge.registry import Device, Registry
from edge.settings import Settings
from edge.supervision import Guard
from edge.watch import Watch, Watched

_CHANNELS = frozenset(
    {
        *("door.contact", "door.access", "door.method", "door.passes", CHANNEL),
        *("cam.state", "cam.fps", *CAMERA_VIEWS),
        *LIFT_CHANNELS,
        *("crowd.count", "noise.level"),
        *load.CHANNELS,
    }
)
_CARDS = " cards"
"""The name of the cards in a checkpoint: no device has such a name."""


class Points:
    """The doors, cameras, lifts, circuits and public places of one site, by name."""

    channels = _CHANNELS

    def __init__(
        self,
        registry: Registry,
        devices: Mapping[str, Watched[Presence]],
        utc_offset_h: float,
    ) -> None:
        self.by_name: dict[str, Watched[Any]] = {}
        self._registry, self._devices = registry, devices
        self._heard_by: defaultdict[str, list[str]] = defaultdict(list)
        self._device_of: dict[str, str] = {}
        for name in registry.devices():
            device = registry.bindings(name)[-1].device
            for made in (_own_point(device, utc_offset_h), *_places(device, utc_offset_h)):
                if made is not None:
                    self._add(device, made, utc_offset_h)
        self._let_cameras_hear_doors()
        self.cards = Cards(self._spots())

    def hear(self, reading: Reading, guard: Guard) -> Iterator[Finding]:
        """Yield what is to be said of every point that this reading concerns."""
        if reading.channel == CHANNEL:
            yield from self._shown(reading, guard)
            return
        self.cards.hear(reading)
        for name in self._heard_by.get(reading.device, ()):
            self._listening(name).hear(reading)
            yield from self._judged(name, reading.received_ns, reading, guard)

    def tick(self, now_ns: int, guard: Guard) -> Iterator[Finding]:
        """Yield what time alone has changed."""
        for name in self.by_name:
            yield from self._judged(name, now_ns, None, guard)

    def due_ns(self, device: str | None = None) -> int | None:
        """The first moment not yet judged at which the clock may change an answer.

        Of all points, or of those that hear `device`; none of a point that cannot be heard.
        """
        names = self.by_name if device is None else self._heard_by.get(device, ())
        return min((moment for name in names for moment in self._moments(name)), default=None)

    def states(self) -> dict[str, bytes]:
        """What a checkpoint keeps, by names to `restore`."""
        kept = {name: each.state.state for name, each in self.by_name.items()}
        return {
            n: msgpack.encode(state) for n, state in (*kept.items(), (_CARDS, self.cards.state))
        }

    def restore(self, states: Mapping[str, bytes]) -> None:
        """Take up `states`, of points that the registry still has."""
        for name, watched in self.by_name.items():
            if blob := states.get(name):
                watched.state.state = msgpack.decode(blob, type=type(watched.state.state))
        if blob := states.get(_CARDS):
            self.cards.state = msgpack.decode(blob, type=CardsState)

    def _add(self, device: Device, made: "_Made", utc_offset_h: float) -> None:
        """Watch one more point; the first of a device has its name, any other also says what."""
        point, terms = made
        name = device.id
        if name in self.by_name:
            name = f"{name} {type(point).__name__}"
        rules = [rule for kind in point_detectors(type(point)) for rule in kind.install(*terms)]
        self.by_name[name] = Watched(point, rules, utc_offset_h)
        self._device_of[name] = device.id
        sources = {device.id, point.reader} if isinstance(point, Door) else {device.id}
        for source in sorted(sources):
            self._heard_by[source].append(name)

    def _let_cameras_hear_doors(self) -> None:
        """Every camera hears the restricted doors of its building, and their readers."""
        points = {name: watched.state for name, watched in self.by_name.items()}
        cameras: defaultdict[str, list[str]] = defaultdict(list)
        for name, point in points.items():
            if isinstance(point, Camera):
                cameras[self._building(name)].append(name)
        for name, point in points.items():
            if isinstance(point, Door) and point.terms.hours:
                for source in sorted({name, point.reader}):
                    heard = self._heard_by[source]
                    heard += [each for each in cameras[self._building(name)] if each not in heard]

    def _spots(self) -> dict[str, Spot]:
        """The door of every reader; of a reader of its own, the door that names it."""
        spots: dict[str, Spot] = {}
        for name, watched in self.by_name.items():
            point = watched.state
            if isinstance(point, Door) and (point.reader != name or name not in spots):
                spots[point.reader] = Spot(name, point.terms.at_m)
        return spots

    def _shown(self, reading: Reading, guard: Guard) -> Iterator[Finding]:
        for trace in self.cards.show(reading):
            self.by_name[trace.door].state.note(trace, reading)
            yield from self._judged(trace.door, reading.received_ns, reading, guard)

    def _building(self, name: str) -> str:
        return self._registry.bindings(self._device_of[name])[-1].unit.building

    def _listening(self, name: str) -> Point[Any]:
        """The point `name`, which knows since when its device can be heard."""
        point: Point[Any] = self.by_name[name].state
        presence = self._devices[self._device_of[name]].state
        point.listening_ns = presence.listening.open_ns
        return point

    def _moments(self, name: str) -> Iterator[int]:
        point = self._listening(name)
        if point.listening_ns is None:
            return
        for watch in self.by_name[name].watches:
            for moment in cast("PointRule[Any]", watch.detector).moments(point):
                if moment > point.judged_ns:
                    yield moment

    def _judged(
        self, name: str, now_ns: int, reading: Reading | None, guard: Guard
    ) -> Iterator[Finding]:
        subject = self._registry.device_subject(self._device_of[name], now_ns)
        if subject is None:
            return
        point = self._listening(name)
        if point.listening_ns is not None:
            point.judged_ns = now_ns
        for watch in self.by_name[name].watches:
            judged = _said(watch, point, subject, now_ns, reading)
            yield from guard(watch.rule, name, judged)


def _said(
    watch: Watch[Any], point: Point[Any], subject: str, now_ns: int, reading: Reading | None
) -> Iterator[Finding]:
    """What the rule says; what began anew ends the last finding and is raised again."""
    for _ in range(2):
        status = watch.evaluate(point, now_ns)
        if status is None:
            return
        fresh = Timeliness.LIVE if reading is None else episode.of_message(reading)
        yield from watch.speak(point, status, subject, fresh)
        if watch.episode is not None:
            return


_Made = tuple[Point[Any], tuple[Settings, ...]]
"""A point, and the terms by which its rules are installed."""
_KINDS = frozenset({Kind.DOOR, Kind.FACE})
_OF_THEMSELVES: Mapping[Kind, Callable[[str], Point[Any]]] = {Kind.CAM: Camera, Kind.LIFT: Lift}


def _own_point(device: Device, utc_offset_h: float) -> _Made | None:
    """What the device is by its kind or its terms."""
    if device.kind in _OF_THEMSELVES:
        return _OF_THEMSELVES[device.kind](device.id), ()
    if device.feeder is not None:
        circuit = Circuit(device.id, device.feeder, device.interval_s, utc_offset_h)
        return circuit, (circuit.terms,)
    if device.kind in _KINDS or device.door is not None:
        door = Door(device.id, device.door, utc_offset_h)
        return door, (door.terms,)
    return None


def _places(device: Device, utc_offset_h: float) -> Iterator[_Made]:
    """Yield the public place at which it counts people, and the homes around it that it hears."""
    if device.crowd is not None:
        yield Crowd(device.id, device.crowd, device.interval_s, utc_offset_h), (device.crowd,)
    if device.noise is not None:
        yield Noise(device.id, device.noise, device.interval_s, utc_offset_h), (device.noise,)
