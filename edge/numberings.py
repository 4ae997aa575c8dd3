"""The numbering of every device of a site, so that two behind one name are seen."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from edge import episode
from edge.detectors.base import point_detectors
from edge.entry import Message
from edge.numbering import STEP_MAX, Numbering, NumberingsState
from edge.reading import Finding
from edge.registry import Registry
from edge.supervision import Guard
from edge.watch import Watched

T = TypeVar("T")


class Last:
    """The boot and sequence number that a device named last; -1 before it spoke."""

    __slots__ = ("boot", "seq")

    def __init__(self) -> None:
        self.boot = self.seq = -1


class Numberings:
    """The numberings of one registry; more than the last number is kept of jumping ones only."""

    def __init__(self, registry: Registry, utc_offset_h: float) -> None:
        self.by_name: dict[str, Watched[Numbering]] = {}
        self._last: dict[str, Last] = {}
        self._registry = registry
        self._utc_offset_h = utc_offset_h

    def last(self, device: str) -> Last:
        """What `device` named last, the same object for good."""
        return self._last.setdefault(device, Last())

    def jumps(self, last: Last, device: str, boot: int, seq: int) -> bool:
        """Whether a message must be heard: its number does not go on, now or once before.

        `last` is what its device had named last; that is this message then.
        """
        goes_on = last.boot == boot and 0 < seq - last.seq <= STEP_MAX
        if not goes_on and last.boot >= 0 and device not in self.by_name:
            state = self._watched(device).state.state
            state.boot, state.seq = last.boot, last.seq
        last.boot, last.seq = boot, seq
        return bool(self.by_name) and device in self.by_name

    def hear(self, message: Message, guard: Guard) -> Iterator[Finding]:
        """Yield what is to be said of a device whose numbers jump, after this message of it."""
        device, watched = message.device, self._watched(message.device)
        reading = message.readings[-1]
        watched.state.hear(reading)
        watched.state.listening_ns = reading.received_ns  # it speaks: it can be heard
        subject = self._registry.device_subject(device, reading.received_ns)
        for watch in watched.watches if subject else ():
            status = watch.evaluate(watched.state, reading.received_ns)
            if status is not None and subject:
                said = watch.speak(watched.state, status, subject, episode.of_message(reading))
                yield from guard(watch.rule, device, iter(said))

    def state(self) -> NumberingsState:
        """What a checkpoint keeps."""
        doubted = {name: watched.state.state for name, watched in self.by_name.items()}
        spoken = {name: each for name, each in self._last.items() if each.boot >= 0}
        last = {name: (each.boot, each.seq) for name, each in spoken.items()}
        return NumberingsState(last, doubted)

    def restore(self, saved: NumberingsState) -> None:
        """Take up what was saved, of devices that the registry still knows."""
        for name, named in _known(self._registry, saved.last).items():
            last = self.last(name)
            last.boot, last.seq = named
        for name, state in _known(self._registry, saved.doubted).items():
            self._watched(name).state.state = state

    def _watched(self, device: str) -> Watched[Numbering]:
        if device not in self.by_name:
            kinds: tuple[Any, ...] = point_detectors(Numbering)
            rules = [rule for kind in kinds for rule in kind.install()]
            self.by_name[device] = Watched(Numbering(), rules, self._utc_offset_h)
        return self.by_name[device]


def _known(registry: Registry, table: Mapping[str, T]) -> dict[str, T]:
    return {name: each for name, each in table.items() if registry.knows(name)}
