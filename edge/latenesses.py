"""The lateness of every device that was late within two weeks; of all others nothing is kept."""

from collections.abc import Iterator, Mapping
from heapq import nlargest
from operator import attrgetter
from typing import Any, Final

from edge import episode
from edge.detectors.base import point_detectors
from edge.entry import Message
from edge.fields import Fields
from edge.lateness import WITHIN_DAYS, Lateness, LatenessState
from edge.presence import Presence
from edge.reading import DAY_NS, HOUR_NS, Finding, Reading
from edge.registry import Registry
from edge.supervision import Guard
from edge.watch import Watched, judged

WORST_MAX: Final = 20
_GRACE_NS: Final = episode.LIVE_GRACE_NS


class Latenesses:
    """The devices of one registry that come late, by their ids."""

    def __init__(
        self,
        registry: Registry,
        devices: Mapping[str, Watched[Presence]],
        utc_offset_h: float,
    ) -> None:
        self.by_name: dict[str, Watched[Lateness]] = {}
        self._registry, self._devices = registry, devices
        self._utc_offset_h = utc_offset_h
        self._offset_ns = int(utc_offset_h * HOUR_NS)

    def concern(self, newest: Fields, presence: Watched[Presence] | None) -> bool:
        """Whether a message must be heard: it is late, or its device lately was.

        `newest` is its last reading by event time, `presence` its device.
        """
        if self.by_name and newest.device in self.by_name:
            return True
        if newest.received_ns - newest.at_ns <= _GRACE_NS:
            return False
        if presence is None or newest.historical:
            return False
        open_ns = presence.state.listening.open_ns  # a backlog from before then is excused
        return open_ns is not None and newest.at_ns >= open_ns

    def hear(self, message: Message, guard: Guard) -> Iterator[Finding]:
        """Yield what is to be said of the device after this message of it."""
        device = message.device
        newest = _newest(message)
        watched = self._watched(device)
        subject = self._registry.device_subject(device, newest.received_ns)
        if watched is None or subject is None:
            return
        watched.state.hear(newest)
        watched.state.listening_ns = newest.received_ns  # it speaks: it can be heard
        for watch in watched.watches:
            said = judged(watch, watched.state, newest.received_ns, subject)
            yield from guard(watch.rule, device, said)
        if watched.state.is_over and not watched.is_raised():
            del self.by_name[device]

    def worst(self, now_ns: int) -> dict[str, tuple[float, float]]:
        """Of the 20 latest devices, the longest delay in s of this week and of the one before."""
        day = (now_ns + self._offset_ns) // DAY_NS
        late = {
            name: (each.state.worst_s(day), each.state.worst_s(day - WITHIN_DAYS))
            for name, each in self.by_name.items()
        }
        named = nlargest(WORST_MAX, late.items(), key=lambda item: (item[1], item[0]))
        return {name: worst for name, worst in named if worst[0]}

    def states(self) -> dict[str, LatenessState]:
        """What a checkpoint keeps, by names to `restore`."""
        return {name: each.state.state for name, each in self.by_name.items()}

    def restore(self, states: Mapping[str, LatenessState]) -> None:
        """Take up `states`, of devices that the registry still knows."""
        for name, state in states.items():
            if watched := self._watched(name):
                watched.state.state = state

    def _watched(self, device: str) -> Watched[Lateness] | None:
        """The device, watched from now on at the latest; None where nobody listens for it."""
        presence = self._devices.get(device)
        if presence is not None and device not in self.by_name:
            kinds: tuple[Any, ...] = point_detectors(Lateness)
            rules = [rule for kind in kinds for rule in kind.install()]
            lateness = Lateness(presence.state, self._offset_ns)
            self.by_name[device] = Watched(lateness, rules, self._utc_offset_h)
        return self.by_name.get(device)


def _newest(message: Message) -> Reading:
    readings = message.readings
    return readings[0] if len(readings) == 1 else max(readings, key=attrgetter("at_ns"))
